"""Pixels: rasters, regions, geometry, brightness, JPEG as it is."""
