# Every mistake with its place; nothing was recorded.
$ tiepsuc -d office import nhu-cau.csv --sheet need --as 2 --width 80
fake: nothing kept
✗ dòng 3, cột “Số lượng”, giá trị “abc”: fake: no number
✗ dòng 3, cột “Xã”, giá trị “Xã Tản Linh”: fake: no such unit; did you mean
  “Xã Tản Lĩnh”?
✗ dòng 4, cột “Ngày rà soát”, giá trị “31/02/2019”: fake: no date
! dòng 2: fake: a short row
→ sửa bảng rồi nhập lại; --errors TỆP ghi riêng các dòng sai, --partial ghi
  các dòng đúng
? 1

$ LANGUAGE=en tiepsuc -d office import nhu-cau.csv --sheet need --as 2 --width 80
fake: nothing kept
✗ line 3, column “Số lượng”, value “abc”: fake: no number
✗ line 3, column “Xã”, value “Xã Tản Linh”: fake: no such unit; did you mean
  “Xã Tản Lĩnh”?
✗ line 4, column “Ngày rà soát”, value “31/02/2019”: fake: no date
! line 2: fake: a short row
→ correct the sheet and import it again; --errors FILE writes the wrong rows
  apart, --partial records the good ones
? 1

$ sent
import account=2
  sheet = need
  blob nhu-cau.csv: 193 bytes
import account=2
  sheet = need
  blob nhu-cau.csv: 193 bytes
? 0

# The wrong rows apart, to be corrected; a cell that a table program would run is disarmed.
$ tiepsuc -d office import nhu-cau.csv --sheet need --as 2 --errors sai.csv --width 80 2>&1 | tail -2
  các dòng đúng
2 dòng sai nằm trong sai.csv: hãy sửa ở đó rồi nhập tệp đó
? 1

$ cat sai.csv
﻿Mã dòng;Xã;Nội dung hỗ trợ;Số lượng;Ngày rà soát;Dòng trong tệp cũ;Lỗi
BV-2;Xã Tản Linh;Đồ ấm;abc;15/10/2019;3;"Số lượng: fake: no number; Xã: fake: no such unit; did you mean “Xã Tản Lĩnh”?"
BV-3;'=1+1;Đồ ấm;12;31/02/2019;4;Ngày rà soát: fake: no date
? 0

$ stat -c %a sai.csv
600
? 0

# Good, and partly good.
$ tiepsuc -d office import nhu-cau.csv --sheet need --as 4 --dry-run --plan ha-noi-588
Dòng của bảng  Số mục
─────────────  ──────
            3       3

fake: sheet kept
? 0

$ tiepsuc -d office import nhu-cau.csv --sheet need --as 3 --partial
Dòng của bảng  Số mục
─────────────  ──────
            3       2

fake: sheet kept
✗ dòng 4: fake: no date
? 4

$ tiepsuc -d office import nhu-cau.csv --sheet need --as 3 --partial --json
{"code":"OK","say":"fake: sheet kept","tables":{"import":[{"rows":3,"recorded":2}]},"issues":[{"severity":"error","line":4,"say":"fake: no date"}]}
? 4

$ sent | sed -n 1,12p
import account=2
  sheet = need
  blob nhu-cau.csv: 193 bytes
import account=4
  sheet = need
  dry_run = yes
  plan = ha-noi-588
  blob nhu-cau.csv: 193 bytes
import account=3
  sheet = need
  partial = yes
  blob nhu-cau.csv: 193 bytes
? 0

$ tiepsuc -d office import fehlt.csv --sheet need 2>&1 | sed "s/: [^:]*$//"
fehlt.csv: không đọc được
→ kiểm tra lại tên tệp
? 1

$ tiepsuc -d office import nhu-cau.csv
thiếu --sheet: các dòng là gì: need (nhu cầu), handover (trao tặng), beneficiary
(đối tượng) hoặc population (dân số)
→ “tiepsuc help import” giải thích
? 2

