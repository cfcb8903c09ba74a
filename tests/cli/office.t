# The invite is written for the owner only, and never over another file.
$ tiepsuc -d office enrol --as 1 --role commune --unit 09694 --endpoint tcp://a:1 --endpoint tcp://b:2 --replace 7 -o moi.invite
fake: enrolled
→ mang moi.invite đến văn phòng và chạy ở đó: tiepsuc join moi.invite THƯ_MỤC;
  sau đó xóa tệp đó
? 0

$ cat moi.invite && stat -c %a moi.invite
# Tiếp Sức key file
kind = invite
office = 12
invite_secret = 00ff
600
? 0

$ sent
enrol account=1
  role = commune
  unit = 09694
  replace = 7
  endpoint = tcp://a:1 tcp://b:2
? 0

$ tiepsuc -d office enrol --as 1 --role commune -o moi.invite
moi.invite: đã có, không ghi đè
→ chỉ tệp khác bằng -o
? 1

$ tiepsuc -d office enrol --as 1 --role commune --json
{"code":"OK","say":"fake: enrolled","tables":{"record":[{"number":12,"name":"UBND xã Ba Vì"}],"files":[{"name":"office-12.invite","bytes":71}]},"issues":[]}
? 0

$ ls *.invite
moi.invite
office-12.invite
? 0

$ tiepsuc -d office move 12 --parent 1 --as 1 --note "bỏ cấp huyện"
fake: done
? 0

$ tiepsuc -d office move 12 --as 1
thiếu --parent: số văn phòng cấp trên mới; 1: tỉnh
→ “tiepsuc help move” giải thích
? 2

$ tiepsuc -d office revoke 12 --as 1 --note "máy bị mất"
fake: done
? 0

$ tiepsuc -d office account --as 1
fake: no command “account_list”
→ dịch vụ có thể khác phiên bản với lệnh này: “tiepsuc version”
? 1

$ sent | tail -10
enrol account=1
  role = commune
move account=1
  office = 12
  parent = 1
  note = bỏ cấp huyện
revoke account=1
  office = 12
  note = máy bị mất
account_list account=1
? 0

# Plans travel as files; checking needs nobody.
$ tiepsuc -d office plan load plan --as 1
fake: done
? 0

$ tiepsuc -d office plan scope ha-noi-588 plan/units.csv --as 1
fake: done
? 0

$ sent
plan_load account=1
  file units.csv: 28 bytes
plan_scope account=1
  plan = ha-noi-588
  file units.csv: 28 bytes
? 0

$ tiepsuc -d dead plan check plan --json | cut -c1-18
{"code":"INVALID",
? 1

$ tiepsuc plan check office
office: trong thư mục này không có bảng nào (*.csv)
→ kiểm tra lại tên thư mục hoặc tệp
? 1

# Reports and their files.
$ tiepsuc -d office report figures --period 2019-year --width 80 -o ra
Số liệu
───────
Cách tính                Giá trị  Tỷ lệ phần trăm
───────────────────────  ───────  ───────────────
Lượt trẻ em được hỗ trợ   12.040             97 %
Số điểm trường                 —                —

Tệp          Byte
───────────  ────
bao-cao.csv    10
? 0

$ cat ra/bao-cao.csv
BÁO CÁO
? 0

$ tiepsuc -d office report figures --period 2019-year -o ra --json
{"code":"EXISTS","say":"ra/bao-cao.csv: đã có, không ghi đè","tables":{"figures":[{"measure":"Lượt trẻ em được hỗ trợ","value":12040,"share":97},{"measure":"Số điểm trường","value":null,"share":null}],"files":[{"name":"bao-cao.csv","bytes":10}]},"issues":[]}
? 4

# On the screen only what has figures, under words and not keys; --full: everything.
$ tiepsuc -d office report figures --as 2 --width 60
Nhu cầu
───────
Nội dung hỗ trợ  Độ tuổi                Số lượng   Trẻ em có
                                             cần   mã cần hỗ
                                                         trợ
───────────────  ───────────────────  ──────────  ──────────
Đồ ấm            Mọi lứa tuổi              1.040          23
                 Tiểu học (6 đến                          22
                 dưới 11 tuổi)
(không hiện 1 dòng chưa có số liệu; --full cho xem mọi dòng,
mọi cột)

fake: note

? 0

$ LANGUAGE=en tiepsuc -d office report figures --as 2 --width 60 --full
Needs
─────
Code     Content of     Age             Quantity  Identified
         support                          needed    children
                                                     in need
───────  ─────────────  ──────────────  ────────  ──────────
warm     Đồ ấm          Mọi lứa tuổi       1,040          23
warm     Đồ ấm          Tiểu học (6            —          22
                        đến dưới 11
                        tuổi)
surgery  Phẫu thuật     Mọi lứa tuổi          no  no figures
                                         figures         yet
                                             yet

fake: note

? 0

$ tiepsuc -d office report seal --period 2019-year --confirm-nil --as 3
fake: done
? 0

$ tiepsuc -d office report file A-3F-EK2Q5 --as 3 --file scans/ky.pdf --file plan/units.csv --document-number 12/BC-UBND
fake: done
? 0

$ sent
report_figures account=0
  period = 2019-year
report_figures account=0
  period = 2019-year
report_figures account=2
report_figures account=2
report_seal account=3
  period = 2019-year
  nil_confirmed = yes
report_file account=3
  record = A-3F-EK2Q5
  document_number = 12/BC-UBND
  file ky.pdf: 4 bytes
  file units.csv: 28 bytes
? 0

$ tiepsuc -d office report waive --as 3 --period 2019-year --duty so-ubnd --note "lũ quét"
fake: done
? 0

$ sent
report_waive account=3
  period = 2019-year
  duty = so-ubnd
  note = lũ quét
? 0

