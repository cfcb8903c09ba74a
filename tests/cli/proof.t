# From the entry to the root, indented; a step that is not right fails the command.
$ tiepsuc -d office trace A-3F-EK2Q5 --width 80
Mã         Tình trạng
─────────  ──────────────
A-1A-PN5W  đã lưu tại máy

Mã                 A-1A-PN5W
Đơn vị hành chính  Xã Tản Lĩnh
Số lượng           1.040
Ngày               16/10/2019

Bản 91c0ffee00000001
  fake: hash: 8f3c000000000000…  [đã xác minh]
  Văn phòng: UBND xã Tản Lĩnh
  Tài khoản: 2
  Ghi lúc (theo đồng hồ nơi đó): 25/11/2019 08:00
  Đoạn: 8f3c000000000000…  [đã xác minh]
    Mục ghi nằm trong đoạn này  [đã xác minh]
    Số: 17
    Nhật ký (mã kiểm tra đoạn đầu): 8f3c000000000000…  [đã xác minh]
      Khóa của máy: 8f3c000000000000…  [đã xác minh]
        được thư mời chứng nhận: 8f3c000000000000…  [đã xác minh]
          được khóa danh bạ chứng nhận: 8f3c000000000000…  [đã xác minh]
            được khóa gốc chứng nhận: 8f3c000000000000…  [đã xác minh]

fake: check codes
? 0

$ LANGUAGE=en tiepsuc -d office trace A-3F-EK2Q5 --width 80 --as 2 | tail -14
  fake: hash: 8f3c000000000000…  [verified]
  Office: UBND xã Tản Lĩnh
  Account: 2
  Recorded at (by the clock there): 2019-11-25 08:00
  Segment: 8f3c000000000000…  [NOT RIGHT]
    The entry is inside the segment  [verified]
    Number: 17
    Log (hash of its genesis): 8f3c000000000000…  [verified]
      Key of the installation: 8f3c000000000000…  [verified]
        certified by the invite: 8f3c000000000000…  [verified]
          certified by the registrar: 8f3c000000000000…  [verified]
            certified by the root: 8f3c000000000000…  [verified]

fake: check codes
? 1

$ tiepsuc -d office trace A-3F-EK2Q5 --json | tail -c 90
00000000000000000000000000000000000000000beef","checked":"đã xác minh"}]},"issues":[]}
? 0

$ tiepsuc -d office verify
 Đoạn  Bị hỏng  Sổ tổng hợp
─────  ───────  ───────────
5.120        0  giống nhau

fake: 5120 right
? 0

$ LANGUAGE=en tiepsuc -d office verify --quick --as 2
Damaged
───────
Arrival  What is wrong
───────  ───────────────────────────────────
     17  the content does not match its hash

Segment  Damaged
───────  ───────
  5,120        1
fake: 1 of 5120 damaged
? 1

$ sent | tail -2
verify account=2
  quick = yes
? 0

# What happens, line by line.
$ tiepsuc -d office watch need handover --after 0 --limit 3
Đang theo dõi; nhấn Ctrl-C để dừng.
16/10/2019 09:05  Nhu cầu, thêm mới           A-1A-PN5W       Xã Tản Lĩnh · Đồ ấm · 40 bộ
16/10/2019 09:06  Trao, cấp phát, thêm mới    A-1B-PN5P       Xã Tản Lĩnh · Đồ ấm · 40 bộ · 8.000.000 đ · 38 trẻ em
16/10/2019 09:07  Trao, cấp phát, rút         A-1C-PN55       Xã Tản Lĩnh · Đồ ấm · 40 bộ · 8.000.000 đ · 38 trẻ em
? 0

$ tiepsuc -d office watch --limit 2 --json
{"number":7,"time":"2019-10-16T09:05:00+07:00","kind":"need","change":"added","record":"A-1A-PN5W","unit":"Xã Tản Lĩnh","line":"Đồ ấm","quantity":40,"unit_of_measure":"bộ","value_vnd":0,"children":0,"text":null}
{"number":8,"time":"2019-10-16T09:06:00+07:00","kind":"handover","change":"added","record":"A-1B-PN5P","unit":"Xã Tản Lĩnh","line":"Đồ ấm","quantity":40,"unit_of_measure":"bộ","value_vnd":8000000,"children":38,"text":null}
? 0

$ LANGUAGE=en tiepsuc -d office watch --limit 3 2>&1 | tail -1
2019-10-16 09:07  Handover, withdrawn         A-1C-PN55       Xã Tản Lĩnh · Đồ ấm · 40 bộ · 8,000,000 đ · 38 children
? 0

$ sent
watch account=0
  after = 0
  topics = need handover
watch account=0
  topics = 
watch account=0
  topics = 
? 0

# Ctrl-C is how following ends.
$ interrupted 4 -d office watch
16/10/2019 09:07  Trao, cấp phát, rút         A-1C-PN55       Xã Tản Lĩnh · Đồ ấm · 40 bộ · 8.000.000 đ · 38 trẻ em
? 0

