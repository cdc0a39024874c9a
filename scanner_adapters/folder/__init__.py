"""Scan to a folder: is this file whole, and whose page is it?"""
