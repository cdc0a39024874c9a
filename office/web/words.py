"""The words on the screens, in Vietnamese; sentences about errors belong to office.explain.

States are finished words, buttons begin with a verb, the law's terms stay whole (docs/glossary.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from office.plausible import Doubt
from office.procedure import Act, CopyState, FileRole, PaperState, Role, Turn

PAPER_STATES: Mapping[str, str] = MappingProxyType(
    {
        PaperState.EXPECTED: "Chờ trang",
        PaperState.SCANNED: "Đã quét",
        PaperState.READ: "Đã nhận dạng",
        PaperState.SIGNED: "Đã ký bản quét",
        PaperState.EXTRACTED: "Đã bóc tách",
        PaperState.REVIEWED: "Đã rà soát",
        PaperState.ARCHIVED: "Đã lưu trữ",
    }
)
COPY_STATES: Mapping[str, str] = MappingProxyType(
    {
        CopyState.REQUESTED: "Chờ duyệt",
        CopyState.APPROVED: "Đã duyệt",
        CopyState.RESERVED: "Đã giữ số",
        CopyState.OFFICER_ASKED: "Chờ khóa của người ký",
        CopyState.OFFICER_SIGNED: "Người có thẩm quyền đã ký",
        CopyState.AGENCY_ASKED: "Chờ khóa của cơ quan",
        CopyState.AGENCY_SIGNED: "Cơ quan đã ký số",
        CopyState.ISSUED: "Đã phát hành",
        CopyState.DELIVERED: "Đã trả",
        CopyState.REFUSED: "Đã từ chối",
        CopyState.VOID: "Số đã hủy",
        CopyState.CANCELLED: "Đã hủy bỏ giá trị",
    }
)
STATES: Mapping[str, str] = MappingProxyType({**PAPER_STATES, **COPY_STATES})
ENDED_BADLY = frozenset({CopyState.REFUSED, CopyState.VOID, CopyState.CANCELLED})

TURNS: Mapping[str, str] = MappingProxyType(
    {
        Turn.CLERK: "cán bộ tiếp nhận",
        Turn.OFFICER: "người có thẩm quyền ký",
        Turn.RECORDS_OFFICER: "văn thư",
        Turn.MACHINE: "máy đang làm",
        Turn.NOBODY: "đã xong",
    }
)
ROLES: Mapping[str, str] = MappingProxyType(
    {
        Role.CLERK: "Cán bộ tiếp nhận",
        Role.OFFICER: "Người có thẩm quyền ký",
        Role.RECORDS_OFFICER: "Văn thư",
        Role.ARCHIVIST: "Lưu trữ viên",
        Role.ADMINISTRATOR: "Quản trị viên",
    }
)
NEXT_STEPS: Mapping[str, str] = MappingProxyType(  # what a person is to do
    {
        Act.RECEIVE_PAGES: "Nhận trang",
        Act.SIGN_SCAN: "Ký bản quét",
        Act.REVIEW_PAPER: "Rà soát",
        Act.APPROVE_COPY: "Kiểm tra, chuyển người ký",
        Act.CONFIRM_COPY: "Xem, duyệt ký",
        Act.SEAL_COPY: "Ký số cơ quan",
        Act.DELIVER_COPY: "Trả kết quả",
    }
)
MACHINE_STEPS: Mapping[str, str] = MappingProxyType(  # what the machine is doing
    {
        Act.READ_PAPER: "Đang nhận dạng",
        Act.EXTRACT_FIELDS: "Đang bóc tách",
        Act.ARCHIVE_RESULT: "Đang lưu trữ",
        Act.RESERVE_NUMBER: "Đang giữ số",
        Act.ASK_OFFICER: "Đang chuẩn bị chữ ký của người có thẩm quyền",
        Act.SIGN_AS_OFFICER: "Đang ký, đóng dấu thời gian",
        Act.ASK_AGENCY: "Đang chuẩn bị chữ ký của cơ quan",
        Act.SIGN_AS_AGENCY: "Đang ký số cơ quan",
        Act.RELEASE_COPY: "Đang kiểm tra lần cuối",
    }
)
STEPPER: tuple[tuple[str, str], ...] = (
    (PaperState.SCANNED, "Quét"),
    (PaperState.READ, "Nhận dạng"),
    (PaperState.SIGNED, "Ký bản quét"),
    (PaperState.EXTRACTED, "Bóc tách"),
    (PaperState.REVIEWED, "Rà soát"),
    (PaperState.ARCHIVED, "Lưu trữ"),
)
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "document_type": "Tên loại văn bản",
        "number_symbol": "Số, ký hiệu",
        "issued_on": "Ngày ban hành",
        "place": "Nơi ban hành",
        "issuer": "Cơ quan ban hành",
        "subject": "Trích yếu nội dung",
        "signer_title": "Chức vụ người ký",
        "signer": "Người ký",
    }
)
VERDICTS: Mapping[str, str] = MappingProxyType(
    {"GOOD": "Đạt", "LOOK": "Cần xem", "SCAN_AGAIN": "Quét lại", "": "Chưa nhận dạng"}
)
VERDICT_FAMILIES: Mapping[str, str] = MappingProxyType(
    {"GOOD": "done", "LOOK": "look", "SCAN_AGAIN": "bad", "": "off"}
)
FILE_ROLES: Mapping[str, str] = MappingProxyType(
    {
        FileRole.MASTER: "Ảnh quét gốc",
        FileRole.DIGITIZED: "Bản số hóa (PDF/A)",
        FileRole.SIGNED_SCAN: "Bản số hóa đã ký",
        FileRole.WORDS: "Chữ đã nhận dạng",
        FileRole.OFFICER_PREPARED: "Bản sao, chờ khóa của người có thẩm quyền",
        FileRole.OFFICER_SIGNED: "Bản sao, người có thẩm quyền đã ký",
        FileRole.AGENCY_PREPARED: "Bản sao, chờ khóa của cơ quan",
        FileRole.AGENCY_SIGNED: "Bản sao, cơ quan đã ký số",
        FileRole.COPY: "Bản sao đã phát hành",
    }
)
CHANNELS: Mapping[str, str] = MappingProxyType(
    {
        "counter": "Trả tại quầy",
        "post": "Bưu chính công ích",
        "email": "Thư điện tử",
        "one-stop": "Kho kết quả của người yêu cầu",
    }
)
EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "dossier_opened": "Nhận hồ sơ",
        "paper_expected": "Chờ trang của giấy tờ",
        "scan_received": "Nhận bản quét",
        "pages_taken_out": "Bỏ trang ra",
        "page_put_back": "Trả trang về chỗ cũ",
        "pages_moved": "Chuyển trang",
        "pages_arranged": "Xếp lại trang",
        "paper_read": "Máy nhận dạng xong",
        "scan_signed": "Ký bản quét",
        "signed_document_kept": "Giữ nguyên văn bản đã ký số",
        "fields_extracted": "Máy bóc tách xong",
        "paper_reviewed": "Rà soát xong",
        "review_came_late": "Rà soát sau người khác, không ghi",
        "paper_sent_back": "Cho nhận dạng lại",
        "paper_archived": "Lưu trữ",
        "copy_requested": "Đề nghị chứng thực bản sao",
        "copy_approved": "Đối chiếu, chuyển người ký",
        "copy_refused": "Từ chối chứng thực",
        "copy_confirmed": "Người có thẩm quyền duyệt ký",
        "number_reserved": "Giữ số chứng thực",
        "officer_asked": "Đề nghị người có thẩm quyền ký",
        "officer_signed": "Chữ ký của người có thẩm quyền",
        "question_to_officer_withdrawn": "Đề nghị ký lại",
        "question_to_agency_withdrawn": "Đề nghị ký số cơ quan lại",
        "copy_sealed": "Văn thư cho ký số cơ quan",
        "agency_asked": "Đề nghị ký số cơ quan",
        "agency_signed": "Chữ ký số của cơ quan",
        "copy_issued": "Phát hành bản sao",
        "copy_archived": "Lưu trữ bản sao",
        "copy_delivered": "Trả kết quả",
        "copy_voided": "Hủy số",
        "copy_cancelled": "Hủy bỏ giá trị",
    }
)
WISHES: Mapping[str, tuple[str, str]] = MappingProxyType(  # of digitize.model.Wishes: name and what it does
    {
        "whiten": ("Làm trắng nền", "đổi màu nền giấy, có ghi lại"),
        "dewarp": ("Làm phẳng trang sách", "dòng chữ cong thành thẳng"),
        "duplex": ("Hai mặt", "trang 1-2, 3-4… là hai mặt một tờ"),
    }
)
ARRIVED_BY: Mapping[str, str] = MappingProxyType({"folder": "Thư mục quét", "upload": "Tải lên"})
CORNERS = ("Trên trái", "Trên phải", "Dưới phải", "Dưới trái")  # clockwise from the picture's top left
SHAPES: Mapping[str, str] = MappingProxyType(  # family → symbol in base.html; state is a word and a shape
    {"done": "check", "wait": "half", "look": "alert", "bad": "cross", "off": "ring", "spec": "diamond"}
)
DONE: Mapping[str, str] = MappingProxyType(  # the status line after an act
    {
        "received": "Đã nhận bản quét.",
        "signed": "Đã ký bản quét.",
        "reviewed": "Đã rà soát xong.",
        "again": "Đã gửi nhận dạng lại.",
        "retried": "Đã giao máy làm lại.",
        "taken-out": "Đã bỏ trang ra; trang còn ở «Trang đã bỏ ra».",
        "put-back": "Đã trả trang về chỗ cũ.",
        "moved": "Đã chuyển trang.",
        "arranged": "Đã xếp lại trang.",
        "dropped": "Đã bỏ giấy tờ chưa có trang khỏi hồ sơ.",
        "requested": "Đã đề nghị chứng thực bản sao.",
        "approved": "Đã chuyển người có thẩm quyền ký.",
        "refused": "Đã từ chối chứng thực.",
        "confirmed": "Đã duyệt ký.",
        "sealed": "Đã cho ký số cơ quan.",
        "delivered": "Đã trả kết quả.",
        "voided": "Đã hủy số.",
        "cancelled": "Đã hủy bỏ giá trị bản sao.",
        "password": "Đã đổi mật khẩu.",
        "unlocked": "Đã mở khóa tài khoản.",
    }
)


@dataclass(frozen=True)
class FinalWords:
    """What is asked before an act that cannot be taken back, and which of DONE tells its end."""

    title: str
    follows: str
    button: str
    done: str


FINAL_ACTS: Mapping[Act, FinalWords] = MappingProxyType(
    {
        Act.SIGN_SCAN: FinalWords(
            "Ký bản quét {pages} trang?",
            "Chữ ký số của người sao chụp không rút lại được; sau đó máy bóc tách dữ liệu.",
            "Ký {pages} trang",
            "signed",
        ),
        Act.REFUSE_COPY: FinalWords(
            "Từ chối chứng thực bản sao {place}?",
            "Căn cứ {clause}: {ground} Từ chối rồi thì phải đề nghị lại từ đầu.",
            "Từ chối bản sao {place}",
            "refused",
        ),
        Act.CONFIRM_COPY: FinalWords(
            "Duyệt, ký bản sao {place} ({pages} trang)?",
            "Máy giữ số và ký; sau khi cơ quan ký, chỉ hủy bỏ được bằng quyết định.",
            "Ký bản sao {place}",
            "confirmed",
        ),
        Act.SEAL_COPY: FinalWords(
            "Ký số cơ quan bản sao số {number}?",
            "Ký rồi thì số này không hủy được nữa, chỉ hủy bỏ được giá trị bằng quyết định.",
            "Ký số {number}",
            "sealed",
        ),
        Act.DELIVER_COPY: FinalWords(
            "Đã trả bản sao số {number} cho {requester}?",
            "Cách trả: {channel}. Việc trả được ghi vào nhật ký và không rút lại được.",
            "Ghi nhận đã trả số {number}",
            "delivered",
        ),
        Act.VOID_COPY: FinalWords(
            "Hủy số {number}?",
            "Lý do: {reason}. Số đã hủy không cấp lại cho bản sao khác.",
            "Hủy số {number}",
            "voided",
        ),
        Act.CANCEL_COPY: FinalWords(
            "Hủy bỏ giá trị bản sao số {number}?",
            "Quyết định, lý do: {reason}. Trang kiểm tra công khai báo hủy bỏ ngay từ bây giờ.",
            "Hủy bỏ giá trị số {number}",
            "cancelled",
        ),
    }
)
ACCOUNT_IDLE = "Tài khoản ngừng do 45 ngày không dùng. Liên hệ quản trị viên."
INPUT_METHOD_ON = "Mật khẩu đang có chữ có dấu: tắt bộ gõ tiếng Việt rồi nhập lại."
PASSWORDS_DIFFER = "Hai lần nhập mật khẩu mới không giống nhau. Nhập lại."
MISSING: Mapping[str, str] = MappingProxyType(
    {
        "requester": "Chưa có tên người yêu cầu. Nhập họ và tên.",
        "procedure": "Chọn thủ tục.",
        "title": "Chưa có tên giấy tờ. Nhập tên giấy tờ.",
        "files": "Chưa chọn tệp. Chọn tệp ảnh hoặc PDF để tải lên.",
        "scans": "Chưa có trang nào chờ nhận. Quét giấy tờ rồi bấm F8, hoặc chọn tải tệp lên.",
        "pages": "Chưa chọn trang. Xem ảnh và chọn các trang của giấy tờ này.",
        "dossier": "Không có hồ sơ mang mã này. Kiểm tra mã hồ sơ.",
        "original_pages": "Nhập số trang của bản chính.",
        "original_seen": "Đánh dấu «Đã xem bản chính» khi bản chính có tại quầy.",
        "clause": "Chọn căn cứ từ chối.",
        "reason": "Chưa có lý do. Nhập lý do.",
        "channel": "Chọn cách trả kết quả.",
        "check": "Chọn tệp PDF hoặc nhập mã kiểm tra.",
    }
)
NO_ACTS = frozenset({"review_came_late", "work_tried_again"})  # events that leave a thing as it was
WAS_FIRST = "{who} đã làm trước: {what}, lúc {when}."
UNSAVED: Mapping[str, str] = MappingProxyType(  # what can be typed and come too late, by its field
    {
        "original_pages": "Số trang của bản chính",
        "reason": "Lý do",
        "clause": "Căn cứ từ chối",
        "channel": "Cách trả kết quả",
    }
)
DOUBTS: Mapping[str, str] = MappingProxyType(  # why a value cannot stand on the paper, and what to do
    {
        Doubt.UNPRINTED: "Có ký tự không nhìn thấy. Xóa mục này rồi gõ lại.",
        Doubt.TOO_LONG: "Dài quá 1000 ký tự. Rút gọn.",
        Doubt.NO_LETTER: "Không có chữ cái nào. Ghi như trên giấy, hoặc để trống nếu giấy không có.",
        Doubt.NO_NUMBER: "Không thể có dạng này. Ghi như 15/QĐ-UBND, hoặc để trống nếu giấy không có.",
        Doubt.NO_DATE: "Không phải ngày. Ghi ngày/tháng/năm như 05/01/2026, hoặc để trống nếu giấy không có.",
        Doubt.NOT_IN_CALENDAR: "Ngày này không có trong lịch. So với giấy.",
        Doubt.TOO_EARLY: "Năm quá sớm. So với giấy.",
        Doubt.IN_FUTURE: "Ngày này chưa tới. So với giấy.",
    }
)
AT_FIELD = "{label}: {problem}"
CORNERS_INCOMPLETE = "Trang {page}: nhập đủ tám số của bốn góc giấy, từ 0 đến 100."
UNCONFIRMED = "Còn {count} mục chưa xác nhận: {names}."
UNSEEN = "Còn {count} trang chưa xem: {pages}. Xem từng trang rồi duyệt."
UNCHECKED = "Chưa xác nhận: {words}."
GROUND_UNANSWERED = "Chưa trả lời căn cứ số {clause}."
GROUND_APPLIES = "Thuộc căn cứ từ chối số {clause}: không chuyển ký được, chọn Từ chối."
NO_SUCH_CODE = "Không có bản sao mang mã này. Kiểm tra lại từng ký tự."
