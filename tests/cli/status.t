# The headline screen: an office with work to do, 80 columns.
$ tiepsuc -d office status --width 80
Văn phòng 10 · UBND xã Tản Lĩnh · Xã Tản Lĩnh

134 mục chưa được tỉnh xác nhận; mục cũ nhất đã chờ 3 ngày.

  đã lưu tại máy        1.234  ████████████████████████████████████████
  cấp trên đã nhận      1.200  ██████████████████████████████████████▉
  tỉnh đã xác nhận      1.100  ███████████████████████████████████▋
                        trong đó 26 mục vừa nhập, chưa đóng đoạn để gửi

  Nối với cấp trên      chưa nối; các mục chờ ở đây an toàn (khóa lạ hoặc đã bị
                        thu hồi)
  Tin từ tỉnh           đến 16/10/2019 09:05
  Chờ xử lý             3 mục chưa nhận được   → tiepsuc parked
  Mâu thuẫn             1 phiếu bị sửa ở hai nơi   → tiepsuc conflicts
  Số dư                 2 số dư âm   → tiepsuc findings
  Báo cáo đến hạn       2019-half gửi UBND huyện Ba Vì: hạn 16/10/2019, quá hạn
                        7 ngày
                        2019-year gửi UBND huyện Ba Vì: hạn 05/11/2019, còn 13
                        ngày
                        2019-year gửi UBND huyện Ba Vì: hạn 25/11/2019, còn 33
                        ngày
                        và 2 báo cáo nữa   → tiepsuc report status
  Ổ đĩa                 còn trống 12,3 GB (45 %)
? 0

$ LANGUAGE=en tiepsuc -d office status --width 80
Office 10 · UBND xã Tản Lĩnh · Xã Tản Lĩnh

Entries not yet at the province: 134; the oldest has waited for 3 days.

  saved here            1,234  ████████████████████████████████████████
  held by the parent    1,200  ██████████████████████████████████████▉
  anchored, province    1,100  ███████████████████████████████████▋
                        26 just entered, not yet packed for sending

  Link to the parent    not connected; entries wait here safely (unknown or
                        revoked key)
  News from province    as of 2019-10-16 09:05
  Parked                3 entries could not be taken in   → tiepsuc parked
  Conflicts             1 records were changed in two places   → tiepsuc
                        conflicts
  Balances              2 balances are below zero   → tiepsuc findings
  Reports due           2019-half to UBND huyện Ba Vì: was due 2019-10-16,
                        overdue for 7 days
                        2019-year to UBND huyện Ba Vì: due 2019-11-05, 13 days
                        left
                        2019-year to UBND huyện Ba Vì: due 2019-11-25, 33 days
                        left
                        and 2 more   → tiepsuc report status
  Disk                  12.3 GB free (45 %)
? 0

# Narrow and wide; the words stay whole.
$ tiepsuc -d office status --width 60
Văn phòng 10 · UBND xã Tản Lĩnh · Xã Tản Lĩnh

134 mục chưa được tỉnh xác nhận; mục cũ nhất đã chờ 3 ngày.

  đã lưu tại máy        1.234  █████████████████████████████
  cấp trên đã nhận      1.200  ████████████████████████████▏
  tỉnh đã xác nhận      1.100  █████████████████████████▊
                        trong đó 26 mục vừa nhập, chưa đóng
                        đoạn để gửi

  Nối với cấp trên      chưa nối; các mục chờ ở đây an toàn
                        (khóa lạ hoặc đã bị thu hồi)
  Tin từ tỉnh           đến 16/10/2019 09:05
  Chờ xử lý             3 mục chưa nhận được   → tiepsuc
                        parked
  Mâu thuẫn             1 phiếu bị sửa ở hai nơi   → tiepsuc
                        conflicts
  Số dư                 2 số dư âm   → tiepsuc findings
  Báo cáo đến hạn       2019-half gửi UBND huyện Ba Vì: hạn
                        16/10/2019, quá hạn 7 ngày
                        2019-year gửi UBND huyện Ba Vì: hạn
                        05/11/2019, còn 13 ngày
                        2019-year gửi UBND huyện Ba Vì: hạn
                        25/11/2019, còn 33 ngày
                        và 2 báo cáo nữa   → tiepsuc report
                        status
  Ổ đĩa                 còn trống 12,3 GB (45 %)
? 0

$ tiepsuc -d office status --width 120
Văn phòng 10 · UBND xã Tản Lĩnh · Xã Tản Lĩnh

134 mục chưa được tỉnh xác nhận; mục cũ nhất đã chờ 3 ngày.

  đã lưu tại máy        1.234  ████████████████████████████████████████
  cấp trên đã nhận      1.200  ██████████████████████████████████████▉
  tỉnh đã xác nhận      1.100  ███████████████████████████████████▋
                        trong đó 26 mục vừa nhập, chưa đóng đoạn để gửi

  Nối với cấp trên      chưa nối; các mục chờ ở đây an toàn (khóa lạ hoặc đã bị thu hồi)
  Tin từ tỉnh           đến 16/10/2019 09:05
  Chờ xử lý             3 mục chưa nhận được   → tiepsuc parked
  Mâu thuẫn             1 phiếu bị sửa ở hai nơi   → tiepsuc conflicts
  Số dư                 2 số dư âm   → tiepsuc findings
  Báo cáo đến hạn       2019-half gửi UBND huyện Ba Vì: hạn 16/10/2019, quá hạn 7 ngày
                        2019-year gửi UBND huyện Ba Vì: hạn 05/11/2019, còn 13 ngày
                        2019-year gửi UBND huyện Ba Vì: hạn 25/11/2019, còn 33 ngày
                        và 2 báo cáo nữa   → tiepsuc report status
  Ổ đĩa                 còn trống 12,3 GB (45 %)
? 0

# Variants: the province, nothing entered, all safe.
$ tiepsuc -d office --as 1 --width 80
Văn phòng 11 · Sở LĐTBXH Hà Nội · Thành phố Hà Nội

Đây là máy tỉnh: những gì đã đến đây đều được tỉnh xác nhận.

  Cấp dưới đang nối     Huyện Ba Vì
  Cần xử lý             không có gì
  Báo cáo đến hạn       2019-half, UBND xã Tản Lĩnh: hạn 16/10/2019, quá hạn 7
                        ngày
                        2019-year, UBND xã Ba Vì: hạn 05/11/2019, còn 13 ngày
                        2019-year, UBND xã Tản Lĩnh: hạn 25/11/2019, còn 33 ngày
                        và 2 báo cáo nữa   → tiepsuc report status
  Ổ đĩa                 còn trống 12,3 GB (45 %)
? 0

$ tiepsuc -d office --as 2 --width 80
Văn phòng 12 · UBND xã Ba Vì · Xã Tản Lĩnh

Chưa nhập mục nào tại đây.

  đã lưu tại máy        0
  cấp trên đã nhận      0
  tỉnh đã xác nhận      0

  Nối với cấp trên      đang kết nối …
  Tin từ tỉnh           chưa có: kế hoạch và danh mục đơn vị đến trong lần kết
                        nối đầu tiên
  Cần xử lý             không có gì
  Ổ đĩa                 còn trống 12,3 GB (45 %)
? 0

$ tiepsuc -d office --as 3 --width 80
Văn phòng 13 · UBND xã Vân Hòa · Xã Tản Lĩnh

Cả 88 mục đều an toàn: tỉnh đã xác nhận.

  đã lưu tại máy        88  ████████████████████████████████████████
  cấp trên đã nhận      88  ████████████████████████████████████████
  tỉnh đã xác nhận      88  ████████████████████████████████████████

  Nối với cấp trên      đang nối
  Tin từ tỉnh           đến 16/10/2019 09:05
  Cần xử lý             không có gì
  Ổ đĩa                 còn trống 12,3 GB (45 %)
? 0

$ tiepsuc -d office --as 4 --width 80 | tail -n 5
  Nối với cấp trên      đang nối
  Tin từ tỉnh           đến 16/10/2019 09:05
  Bị hỏng               2 đoạn bị hỏng trên đĩa; đang hỏi lại các văn phòng khác
                        → tiepsuc verify
  Ổ đĩa                 còn trống 12,3 GB (45 %)
? 0

$ LANGUAGE=en tiepsuc -d office --as 4 --width 80 | tail -n 5
  Link to the parent    connected
  News from province    as of 2019-10-16 09:05
  Damaged               2 packets went bad on the disk; other offices are asked
                        for them   → tiepsuc verify
  Disk                  12.3 GB free (45 %)
? 0

$ tiepsuc -d office status --json | cut -c1-200
{"code":"OK","say":"fake: 1 of 1","tables":{"status":[{"saved":1234,"held":1200,"anchored":1100,"unsealed":26,"oldest_unanchored_s":259200,"office":10,"name":"UBND xã Tản Lĩnh","role":"commune","u
? 0

$ sent | sed -n 1,4p
status account=0
report_status account=0
status account=0
report_status account=0
? 0

