"""One queue and one lease for each device; no page is lost."""
