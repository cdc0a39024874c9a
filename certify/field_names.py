"""The names of the signature fields that this software makes; what is issued keeps them for ever."""

OFFICER_FIELD = "KyCaNhan"
AGENCY_FIELD = "KyCoQuan"
AGENCY_LAST_FIELD = "KyCoQuanKhoa"  # after an officer whose program made a field of its own
CLERK_FIELD = "KySaoChup"
COPY_FIELD = "KySao"
ARCHIVE_FIELD = "DauThoiGian"
