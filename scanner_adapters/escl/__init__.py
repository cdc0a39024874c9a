"""eSCL: driverless scanning over HTTP, as network scanners speak it (also known as AirScan)."""
