"""The names of the signature fields that this software makes; what is issued keeps them for ever."""

OFFICER_FIELD = "KyCaNhan"
AGENCY_FIELD = "KyCoQuan"
CLERK_FIELD = "KySaoChup"
COPY_FIELD = "KySao"
ARCHIVE_FIELD = "DauThoiGian"
