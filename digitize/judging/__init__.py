"""Is a page good, to be looked at, or to be scanned again?"""
