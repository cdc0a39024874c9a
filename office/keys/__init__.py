"""Whose keys sign here: certificates of people and of the agency, delegations, the keyring of an office."""
