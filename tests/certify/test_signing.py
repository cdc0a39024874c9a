def test_e2e(certified_copy, signed_scan):
    print(certified_copy.path)
