"""An S3 bucket as a store: an adapter on the `minio` client, the store on it, the probe of the server."""
