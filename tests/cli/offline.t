# Configuration files.
$ tiepsuc config check gate.conf
gate.conf, dòng 2: không có mục “nonsense” ở đây; các mục có thể ghi: data_dir,
language, log, listen, key_file, sessions_max, node, feed
→ sửa tệp rồi kiểm tra lại
? 2

$ LANGUAGE=en tiepsuc config check gate.conf --json
{"code":"CONFIG","say":"gate.conf, line 2: “nonsense” is unknown here; known are: data_dir, language, log, listen, key_file, sessions_max, node, feed","tables":{},"issues":[{"severity":"note","say":"correct the file and check it again"}]}
? 2

$ tiepsuc config check reporter.conf
reporter.conf: cấu hình đúng
? 0

$ LANGUAGE=en tiepsuc config check reporter.conf -nv | grep -v '^ *#' | sed -n 1,4p
data_dir = "/var/lib/tiepsuc/reporter"
language = auto
out_dir = "/var/lib/tiepsuc/reports"
reminders_days = "30, 7"
? 0

$ tiepsuc config check nhu-cau.csv
nhu-cau.csv là của dịch vụ nào? Hãy ghi --service office, gate, aggregator hoặc
reporter
→ “tiepsuc help config check” giải thích
? 2

$ tiepsuc config check nhu-cau.csv --service gate
nhu-cau.csv, dòng 1: cần ghi “tên = giá trị” hoặc tên của một nhóm mục
→ sửa tệp rồi kiểm tra lại
? 2

# Help.
$ tiepsuc help --width 80
Tiếp Sức: nhu cầu của trẻ em các xã miền núi, tiếp nhận và trao tặng, báo cáo.
Làm việc được khi không có mạng; có mạng thì gửi những gì đã ghi.

  tiepsuc LỆNH [từ] [--tùy_chọn giá_trị …]

Hằng ngày:
  status                          những gì đã an toàn, đang chờ, đến hạn
  add LOẠI --trường giá_trị …     ghi nhu cầu, trao tặng, tiếp nhận …
  import TỆP                      ghi các dòng của một bảng
  list LOẠI --trường giá_trị …    liệt kê phiếu
  show MÃ_PHIẾU                   xem một phiếu với lịch sử của nó
  revise MÃ_PHIẾU                 sửa một phiếu; bản cũ vẫn được giữ
  void MÃ_PHIẾU                   rút một phiếu, kèm lý do
  approve MÃ_PHIẾU                duyệt hoặc từ chối mục người khác đã ghi

Cần người xử lý:
  conflicts                       các phiếu bị sửa ở hai nơi
  resolve MÃ_PHIẾU                giải quyết một mâu thuẫn
  parked                          các mục đã đến nhưng chưa nhận được
  release MỤC…                    cho các mục chờ xử lý được vào
  findings                        những gì chưa khớp

Báo cáo:
  report duties                   ai phải nộp báo cáo nào, hạn khi nào
  report status                   việc sắp đến hạn hoặc quá hạn
  report list                     báo cáo đã chốt, bị trả lại và đã nộp
  report show MÃ_PHIẾU            một báo cáo với các tệp của nó
  report figures                  số liệu tại thời điểm này
  report seal                     chốt báo cáo cùng số liệu
  report return MÃ_PHIẾU          trả lại báo cáo để sửa
  report file MÃ_PHIẾU            nộp báo cáo đã chốt
  report amend MÃ_PHIẾU           nộp bản đính chính bên cạnh bản đầu
  report signed MÃ_PHIẾU          ghi số, ngày và người ký của bản đã ký
  report verify MÃ_PHIẾU          tính lại số liệu và so sánh
  report waive                    miễn báo cáo hoặc chấp nhận thời điểm tự khai
                                  (tỉnh)

Kế hoạch:
  plan list                       các kế hoạch đã nạp
  plan show KẾ_HOẠCH              một kế hoạch với các phần của nó
  plan check THƯ_MỤC              tìm lỗi trong các bảng của kế hoạch
  plan load THƯ_MỤC               nạp kế hoạch, hoặc bản sau của nó (tỉnh)
  plan scope KẾ_HOẠCH TỆP         nạp danh sách đơn vị ban hành sau của kế hoạch
                                  (tỉnh)

Văn phòng và người nhập:
  init THƯ_MỤC                    lập hệ thống mới: khóa và thư mục của tỉnh
  enrol                           tạo thư mời cho văn phòng mới (tỉnh)
  join TỆP THƯ_MỤC                lập văn phòng từ thư mời; không cần mạng
  move VĂN_PHÒNG                  chuyển văn phòng sang cấp trên khác (tỉnh)
  revoke VĂN_PHÒNG                thu hồi quyền của một văn phòng (tỉnh)
  account list                    ai được nhập tại văn phòng này
  account add                     thêm tài khoản hoặc đổi vai trò

Khóa và khôi phục:
  recovery print TỆP              in khóa ra giấy để cất giữ
  recovery read [TỆP]             gõ lại khóa đã in
  recovery make THƯ_MỤC           tạo khóa khôi phục cho tỉnh chưa có
  recovery kit THƯ_MỤC            đóng bộ khóa của tỉnh để dùng cho máy mới
  rotate registrar                thay khóa danh bạ bằng khóa gốc
  rotate gate VĂN_PHÒNG           báo cho cấp dưới biết cổng có khóa khác

Giữ cho an toàn:
  backup                          một tệp đã kiểm tra, gồm mọi thứ không được
                                  mất
  backup check TỆP                đọc và kiểm tra toàn bộ một bản sao lưu
  restore TỆP THƯ_MỤC             trải bản sao lưu ra trên máy mới
  rebuild THƯ_MỤC                 dựng lại tỉnh đã mất ổ đĩa và bản sao lưu, từ
                                  bộ khóa và các văn phòng
  rebuild status                  sau khi khôi phục hoặc dựng lại đã nghe những
                                  văn phòng nào
  rebuild finish                  kết thúc việc khôi phục hoặc dựng lại
  keeper add VĂN_PHÒNG            nhờ một văn phòng giữ hộ sổ riêng của tỉnh
  keeper remove VĂN_PHÒNG         thôi gửi bản mới cho nơi giữ hộ
  keeper list                     nơi nào đang giữ hộ, được bao nhiêu
  keeper restore TỆP              lấy lại những gì nơi giữ hộ đang giữ

Đường truyền và kiểm chứng:
  sync                            kết nối ngay và gửi những gì đang chờ
  seal                            đóng các mục vừa nhập thành đoạn, để gửi hoặc
                                  mang đi
  bundle export THƯ_MỤC           ghi những gì chờ văn phòng khác lên USB
  bundle import TỆP…              nhận những gì USB mang tới
  watch [CHỦ_ĐỀ…]                 theo dõi những gì diễn ra, đến khi nhấn Ctrl-C
  verify                          kiểm mọi chữ ký của máy và tính lại tất cả
  trace MÃ_PHIẾU                  từ một phiếu đến người nhập, đoạn và chữ ký
                                  của máy
  decode TỆP                      xem bên trong một đoạn, mục, khung tin, gói
                                  mang đi hoặc thư mời
  config check TỆP                kiểm tra một tệp cấu hình
  completion                      in phần tự hoàn thành lệnh cho bash
  help [LỆNH…]                    giải thích một lệnh, hoặc các trường của một
                                  loại phiếu
  version                         phiên bản chương trình và các định dạng

Tùy chọn của mọi lệnh:
  -d, --dir THƯ_MỤC         thư mục dữ liệu của văn phòng (có tệp cấu hình trong
                            đó)
  -f, --conf TỆP            tệp cấu hình của dịch vụ cần nối
  --as SỐ                   ai nhập: số tài khoản
  --json                    in ra một đối tượng JSON thay cho văn bản
  --wait GIÂY               chờ trả lời bao lâu (30)
  --width CỘT               bề rộng khi in ra (bỏ trống: theo màn hình)
  -h, --help                giải thích lệnh này

Mã thoát:
  0   thành công
  1   bị từ chối hoặc không làm được
  2   dùng sai hoặc cấu hình sai
  3   không ai trả lời: dịch vụ chưa chạy
  4   làm được một phần

“tiepsuc help LỆNH” giải thích một lệnh; “tiepsuc help add need” liệt kê các
trường của nhu cầu.
? 0

$ LANGUAGE=en tiepsuc help --width 100 | sed -n 1,20p
Tiếp Sức: needs of children in mountain communes, gifts and hand-overs, reports. Works without a
connection; sends what was recorded when there is one.

  tiepsuc COMMAND [words] [--option value …]

Every day:
  status                          what is safe, what waits, what is due
  add KIND --field value …        record a need, a hand-over, a gift …
  import FILE                     record the rows of a sheet
  list KIND --field value …       list records
  show RECORD                     show a record with its history
  revise RECORD --field value …   change a record; the old version stays
  void RECORD                     withdraw a record, with a reason
  approve RECORD                  approve or refuse what another person recorded

What needs a person:
  conflicts                       records that were changed in two places
  resolve RECORD --field value …  settle a conflict
  parked                          entries that came and could not be taken in
  release EVENT…                  let parked entries in
? 0

$ tiepsuc help import --width 80
tiepsuc import: ghi các dòng của một bảng

  tiepsuc import TỆP

TỆP là CSV (dấu phẩy, chấm phẩy hoặc tab; UTF-8 hoặc UTF-16, như Excel lưu “CSV
UTF-8” và “Unicode Text”). Các cột được nhận ra theo tiêu đề. Một dòng sai làm
dừng cả bảng, trừ khi có --partial; có thể nhập lại cùng một bảng: dòng đã ghi
không bị ghi hai lần.

Tùy chọn:
  --sheet LOẠI_BẢNG         các dòng là gì: need (nhu cầu), handover (trao
                            tặng), beneficiary (đối tượng) hoặc population (dân
                            số) (bắt buộc)
  --plan MÃ                 kế hoạch của phiếu; không cần nếu chỉ có một
  --dry-run                 chỉ kiểm tra; không ghi gì
  --partial                 ghi các dòng đúng dù có dòng sai
  --fund MÃ                 trao tặng: quỹ cho các dòng không ghi quỹ
  --allocation MÃ_PHIẾU     trao tặng: mã phân bổ cho các dòng không ghi
  --reason VĂN_BẢN          lý do sửa các dòng đã ghi trước đó
  --errors TỆP              ghi các dòng sai kèm lỗi vào tệp CSV này, để sửa rồi
                            nhập

Ví dụ:
  tiepsuc import nhu-cau.csv --sheet need --as 2 --dry-run
  tiepsuc import nhu-cau.csv --sheet need --as 2 --errors sai.csv

Tùy chọn của mọi lệnh:
  -d, --dir THƯ_MỤC         thư mục dữ liệu của văn phòng (có tệp cấu hình trong
                            đó)
  -f, --conf TỆP            tệp cấu hình của dịch vụ cần nối
  --as SỐ                   ai nhập: số tài khoản
  --json                    in ra một đối tượng JSON thay cho văn bản
  --wait GIÂY               chờ trả lời bao lâu (30)
  --width CỘT               bề rộng khi in ra (bỏ trống: theo màn hình)
  -h, --help                giải thích lệnh này

Mã thoát:
  0   thành công
  1   bị từ chối hoặc không làm được
  2   dùng sai hoặc cấu hình sai
  3   không ai trả lời: dịch vụ chưa chạy
  4   làm được một phần
? 0

$ tiepsuc import --help --width 60 | sed -n 1,12p
tiepsuc import: ghi các dòng của một bảng

  tiepsuc import TỆP

TỆP là CSV (dấu phẩy, chấm phẩy hoặc tab; UTF-8 hoặc UTF-16,
như Excel lưu “CSV UTF-8” và “Unicode Text”). Các cột được
nhận ra theo tiêu đề. Một dòng sai làm dừng cả bảng, trừ khi
có --partial; có thể nhập lại cùng một bảng: dòng đã ghi
không bị ghi hai lần.

Tùy chọn:
  --sheet LOẠI_BẢNG         các dòng là gì: need (nhu cầu),
? 0

$ tiepsuc help add need --width 80
tiepsuc add need --as SỐ --occurred-on NGÀY --trường giá_trị …

Các trường của “Nhu cầu” (need):
  --unit                    Đơn vị hành chính — mã, đúng tên hoặc mã ngắn
  --line                    Nội dung hỗ trợ — mã, đúng tên hoặc mã ngắn
  --beneficiary             Đối tượng — mã ngắn
  --quantity                Số lượng — số nguyên
  --unit-of-measure         Đơn vị tính — văn bản
  --site                    Thôn, bản, điểm trường — văn bản
  --round                   Đợt rà soát — văn bản
  --grade                   Mức độ khó khăn — văn bản
  --state                   Tình trạng — reported (đã báo), verified (đã xác
                            minh), offered (đã giới thiệu đến nhà tài trợ),
                            closed (đã kết thúc), expired (đã hết hiệu lực)
  --verified-by             Người xác minh (chức vụ) — văn bản
  --verified-on             Ngày xác minh — ngày: 29/11/2019 hoặc 2019-11-29
  --note                    Ghi chú — văn bản
  --heads                   Số trẻ em theo nhóm — một dòng “trường=giá
                            trị;trường=giá trị”; thêm dòng thì ghi lại tùy chọn:
      band                  Nhóm tuổi — mã, đúng tên hoặc mã ngắn
      sex                   Giới tính — unknown (không rõ), male (nam), female
                            (nữ)
      count                 Số trẻ em — số nguyên

Một trẻ: --birth-month 05/2014 --sex nữ ghi trẻ cùng với nhu cầu, không ghi tên;
--beneficiary chỉ trẻ đã ghi trước đó. Nhiều trẻ: --heads. Điểm trường: chỉ cần
--site.
? 0

$ LANGUAGE=en tiepsuc help add handover --width 80
tiepsuc add handover --as NUMBER --occurred-on DATE --field value …

Fields of “Handover” (handover):
  --unit                    Administrative unit — code, exact name or short code
  --line                    Support line — code, exact name or short code
  --allocation              Allocation — short code
  --fund                    Fund — code, exact name or short code
  --need                    Need — short code
  --site                    Village or school site — text
  --signatories             Signed by (functions) — text
  --witness                 Witness (function) — text
  --paper-number            Number of the hand-over record — text
  --note                    Note — text
  --items                   Goods and money — a row “field=value;field=value”;
                            the option again for each further row:
      item                  Item — text
      quantity              Quantity — whole number
      unit_of_measure       Unit of measure — text
      value_vnd             Value (đồng) — whole đồng: 1.200.000
      valued_by             Valued by — text
      currency              Foreign currency — text
      foreign_minor         Foreign amount (hundredths) — whole number
      rate                  Exchange rate — text
      rate_on               Date of the rate — date: 29/11/2019 or 2019-11-29
      rate_source           Source of the rate — text
  --beneficiary             Beneficiaries — several with ; between them, or the
                            option again
  --heads                   Head counts — a row “field=value;field=value”; the
                            option again for each further row:
      band                  Age band — code, exact name or short code
      sex                   Sex — unknown (not known), male, female
      count                 Children — whole number
? 0

$ tiepsuc help report --width 80
  report duties                   ai phải nộp báo cáo nào, hạn khi nào
  report status                   việc sắp đến hạn hoặc quá hạn
  report list                     báo cáo đã chốt, bị trả lại và đã nộp
  report show MÃ_PHIẾU            một báo cáo với các tệp của nó
  report figures                  số liệu tại thời điểm này
  report seal                     chốt báo cáo cùng số liệu
  report return MÃ_PHIẾU          trả lại báo cáo để sửa
  report file MÃ_PHIẾU            nộp báo cáo đã chốt
  report amend MÃ_PHIẾU           nộp bản đính chính bên cạnh bản đầu
  report signed MÃ_PHIẾU          ghi số, ngày và người ký của bản đã ký
  report verify MÃ_PHIẾU          tính lại số liệu và so sánh
  report waive                    miễn báo cáo hoặc chấp nhận thời điểm tự khai
                                  (tỉnh)

“tiepsuc help LỆNH” giải thích từng lệnh.
? 0

$ tiepsuc help imprt
không có lệnh “imprt”; có phải là “import” không?
→ “tiepsuc help” liệt kê mọi lệnh
? 2

$ tiepsuc version --json | sed 's/[0-9]\.[0-9]*\.[0-9]*/V/'
{"code":"OK","say":null,"tables":{"version":[{"program":"V","segment":"1","session":"1","control":"1"}]},"issues":[]}
? 0

$ tiepsuc completion | bash -n && echo good
good
? 0

$ source <("$tiepsuc" completion); COMP_WORDS=(tiepsuc rep) COMP_CWORD=1; _tiepsuc; echo "${COMPREPLY[@]}"
report
? 0

$ COMP_WORDS=(tiepsuc report s) COMP_CWORD=2; source <("$tiepsuc" completion); _tiepsuc; echo "${COMPREPLY[@]}"
status show seal signed
? 0

$ COMP_WORDS=(tiepsuc -d office import --s) COMP_CWORD=4; source <("$tiepsuc" completion); _tiepsuc; echo "${COMPREPLY[@]}"
--sheet
? 0

$ COMP_WORDS=(tiepsuc add han) COMP_CWORD=2; source <("$tiepsuc" completion); _tiepsuc; echo "${COMPREPLY[@]}"
handover
? 0

$ tiepsuc config check -x reporter.conf
không có tùy chọn “-x”
→ “tiepsuc help config check” giải thích
? 2

