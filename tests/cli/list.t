# A table that fits is a table; text goes on below; what does not fit leaves columns out, then goes by rows.
$ tiepsuc -d office list need --width 120
Mã         Đơn vị hành chính               Nội dung hỗ trợ  Số lượng  Ngày        Giá trị (đồng)  Thôn, bản, điểm trường
─────────  ──────────────────────────────  ───────────────  ────────  ──────────  ──────────────  ──────────────────────
A-1A-PN5W  Xã Tản Lĩnh                     Đồ ấm                  40  16/10/2019               0  —
A-1B-PN5P  Xã Ba Vì                        Bữa ăn bán trú      1.040  16/10/2019      12.345.678  Điểm trường A
A-1C-PN55  Xã Vân Hòa, huyện Ba Vì, thành  Đồ ấm               2.040  —               24.691.356  Điểm trường A
           phố Hà Nội

fake: 3 of 1204
? 0

$ tiepsuc -d office list need --width 80
Mã         Đơn vị hành  Nội dung hỗ     Số  Ngày           Giá trị  Thôn, bản,
           chính        trợ          lượng                  (đồng)  điểm trường
─────────  ───────────  ───────────  ─────  ──────────  ──────────  ────────────
A-1A-PN5W  Xã Tản Lĩnh  Đồ ấm           40  16/10/2019           0  —
A-1B-PN5P  Xã Ba Vì     Bữa ăn bán   1.040  16/10/2019  12.345.678  Điểm trường
                        trú                                         A
A-1C-PN55  Xã Vân Hòa,  Đồ ấm        2.040  —           24.691.356  Điểm trường
           huyện Ba                                                 A
           Vì, thành
           phố Hà Nội

fake: 3 of 1204
? 0

$ tiepsuc -d office list need --width 60
Mã                      A-1A-PN5W
Đơn vị hành chính       Xã Tản Lĩnh
Nội dung hỗ trợ         Đồ ấm
Số lượng                40
Ngày                    16/10/2019
Giá trị (đồng)          0

Mã                      A-1B-PN5P
Đơn vị hành chính       Xã Ba Vì
Nội dung hỗ trợ         Bữa ăn bán trú
Số lượng                1.040
Ngày                    16/10/2019
Giá trị (đồng)          12.345.678
Thôn, bản, điểm trường  Điểm trường A

Mã                      A-1C-PN55
Đơn vị hành chính       Xã Vân Hòa, huyện Ba Vì, thành phố
                        Hà Nội
Nội dung hỗ trợ         Đồ ấm
Số lượng                2.040
Ngày                    —
Giá trị (đồng)          24.691.356
Thôn, bản, điểm trường  Điểm trường A

fake: 3 of 1204
? 0

$ tiepsuc -d office list need --width 30
Mã               A-1A-PN5W
Đơn vị hành ch…  Xã Tản Lĩnh
Nội dung hỗ trợ  Đồ ấm
Số lượng         40
Ngày             16/10/2019
Giá trị (đồng)   0

Mã               A-1B-PN5P
Đơn vị hành ch…  Xã Ba Vì
Nội dung hỗ trợ  Bữa ăn bán
                 trú
Số lượng         1.040
Ngày             16/10/2019
Giá trị (đồng)   12.345.678
Thôn, bản, điể…  Điểm trường A

Mã               A-1C-PN55
Đơn vị hành ch…  Xã Vân Hòa,
                 huyện Ba Vì,
                 thành phố Hà
                 Nội
Nội dung hỗ trợ  Đồ ấm
Số lượng         2.040
Ngày             —
Giá trị (đồng)   24.691.356
Thôn, bản, điể…  Điểm trường A

fake: 3 of 1204
? 0

$ LANGUAGE=en tiepsuc -d office list need --width 120
Code       Administrative unit                Support line    Quantity  Date        Value (đồng)  Village or school site
─────────  ─────────────────────────────────  ──────────────  ────────  ──────────  ────────────  ──────────────────────
A-1A-PN5W  Xã Tản Lĩnh                        Đồ ấm                 40  2019-10-16             0  —
A-1B-PN5P  Xã Ba Vì                           Bữa ăn bán trú     1,040  2019-10-16    12,345,678  Điểm trường A
A-1C-PN55  Xã Vân Hòa, huyện Ba Vì, thành     Đồ ấm              2,040  —             24,691,356  Điểm trường A
           phố Hà Nội

fake: 3 of 1204
? 0

$ tiepsuc -d office list need --as 2
(không có)

fake: 3 of 1204
? 0

$ tiepsuc -d office list need --json
{"code":"OK","say":"fake: 3 of 1204","tables":{"need":[{"record":"A-1A-PN5W","event":"91c0ffee00000001","author":2,"unit_id":"1-3-7Q","unit":"Xã Tản Lĩnh","line":"Đồ ấm","quantity":40,"occurred_on":"2019-10-16","value_vnd":0,"void":0,"site":null},{"record":"A-1B-PN5P","event":"91c0ffee00000001","author":2,"unit_id":"1-4-74","unit":"Xã Ba Vì","line":"Bữa ăn bán trú","quantity":1040,"occurred_on":"2019-10-16","value_vnd":12345678,"void":1,"site":"Điểm trường A"},{"record":"A-1C-PN55","event":"91c0ffee00000001","author":2,"unit_id":"1-5-7E","unit":"Xã Vân Hòa, huyện Ba Vì, thành phố Hà Nội","line":"Đồ ấm","quantity":2040,"occurred_on":null,"value_vnd":24691356,"void":0,"site":"Điểm trường A"}]},"issues":[]}
? 0

$ sent | tail -2
list account=0
  kind = need
? 0

$ tiepsuc -d office list need --unit 09694 --line warm --limit 5 --with-void --as 2
(không có)

fake: 3 of 1204
? 0

$ sent
list account=2
  kind = need
  unit = 09694
  line = warm
  limit = 5
  with_void = yes
? 0

$ tiepsuc -d office conflicts --width 80
Mã         Loại     Bản               Thay cho  Ghi lúc           Lý do
─────────  ───────  ────────────────  ────────  ────────────────  ──────────────
A-1A-PN5W  Nhu cầu  91c0ffee00000001  có        16/10/2019 09:05  đếm lại sau
                                                                  khi trưởng
                                                                  thôn báo thiếu
                                                                  hai hộ ở xóm
                                                                  trên
A-1A-PN5W  Nhu cầu  5eed000000000002  có        16/10/2019 10:05  —
? 0

$ LANGUAGE=en tiepsuc -d office conflicts --width 100
Code       Kind  Version           Replaces  Recorded at       Reason
─────────  ────  ────────────────  ────────  ────────────────  ─────────────────────────────────────
A-1A-PN5W  Need  91c0ffee00000001  yes       2019-10-16 09:05  đếm lại sau khi trưởng thôn báo thiếu
                                                               hai hộ ở xóm trên
A-1A-PN5W  Need  5eed000000000002  yes       2019-10-16 10:05  —
? 0

$ tiepsuc -d office show A-3F-EK2Q5 --width 80
Mã         Tình trạng
─────────  ──────────────
A-1A-PN5W  đã lưu tại máy

Mã                 A-1A-PN5W
Đơn vị hành chính  Xã Tản Lĩnh
Số lượng           1.040
Ngày               16/10/2019

fake: kept as A-1A-PN5W
? 0

