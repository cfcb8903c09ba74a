# Three segments of one log with their events: hashes and signatures are checked up to the root.
$ tiepsuc decode bundle.hex --hex --width 80
Đoạn                            59a2e427ff322638e00df531d3ef76ba325c5abb6530c48c
                                342b5cc3ee471af8
Nhật ký                         59a2e427ff322638e00df531d3ef76ba325c5abb6530c48c
                                342b5cc3ee471af8
Hệ thống                        247576b8579a79e2d0149cbd2727c053
Mục đầu                         0
Mục cuối                        0
Số mục                          0
Cách nén                        genesis
Byte                            492
Byte sau khi giải nén           492
Đóng lúc (theo đồng hồ máy đó)  16/10/2019 16:00
Lần khởi động                   1
Nội dung                        đúng
Chữ ký của máy                  đúng, đến tận khóa gốc

Đoạn                            037113830c0052f6ea7878648fcbef6d323a1e6e9d7a9e03
                                1ba35f14d933ed3f
Nhật ký                         59a2e427ff322638e00df531d3ef76ba325c5abb6530c48c
                                342b5cc3ee471af8
Hệ thống                        247576b8579a79e2d0149cbd2727c053
Mục đầu                         1
Mục cuối                        1
Số mục                          1
Đoạn trước                      59a2e427ff322638e00df531d3ef76ba325c5abb6530c48c
                                342b5cc3ee471af8
Cách nén                        zstd
Byte                            91
Byte sau khi giải nén           101
Đóng lúc (theo đồng hồ máy đó)  16/10/2019 16:00
Lần khởi động                   1
Nội dung                        đúng
Chữ ký của máy                  đúng

Đoạn                            65c61f3fd0f29d5bf1a939f8e76ed5ca7196ad6793255de1
                                b50161c56848a1dc
Nhật ký                         59a2e427ff322638e00df531d3ef76ba325c5abb6530c48c
                                342b5cc3ee471af8
Hệ thống                        247576b8579a79e2d0149cbd2727c053
Mục đầu                         2
Mục cuối                        2
Số mục                          1
Đoạn trước                      037113830c0052f6ea7878648fcbef6d323a1e6e9d7a9e03
                                1ba35f14d933ed3f
Cách nén                        zstd
Byte                            116
Byte sau khi giải nén           125
Đóng lúc (theo đồng hồ máy đó)  16/10/2019 16:00
Lần khởi động                   1
Nội dung                        đúng
Chữ ký của máy                  đúng

Số               1
Bản              cae33a0dc065142f
Loại             Nhu cầu
Mã               2-1-1XZA56
Kế hoạch, đề án  1-3F-6DTYE2
Ngày             15/10/2019
Ghi lúc          16/10/2019 16:00
Tài khoản        2
Các trường       {"unit_id":"1-14-6DTYEB","line_id":"1-4B-6DTYEC","beneficiary_i
                 d":null,"quantity":40,"unit_of_measure":"bộ","site":"","round":
                 "","grade":"","state":"reported","verified_by":"","verified_on"
                 :null,"note":"","heads":[{"band_id":"1-4P-6DTYE0","sex":"female
                 ","count":22},{"band_id":"1-4P-6DTYE0","sex":"male","count":18}
                 ]}

Số               2
Bản              0720b9ef31773141
Loại             Nhu cầu
Mã               2-1-1XZA56
Kế hoạch, đề án  1-3F-6DTYE2
Ngày             15/10/2019
Ghi lúc          16/10/2019 16:00
Tài khoản        2
Lý do            đếm lại
Thay cho         cae33a0dc065142f
Các trường       {"unit_id":"1-14-6DTYEB","line_id":"1-4B-6DTYEC","beneficiary_i
                 d":null,"quantity":42,"unit_of_measure":"bộ","site":"","round":
                 "","grade":"","state":"reported","verified_by":"","verified_on"
                 :null,"note":"","heads":[{"band_id":"1-4P-6DTYE0","sex":"female
                 ","count":22},{"band_id":"1-4P-6DTYE0","sex":"male","count":18}
                 ]}
? 0

$ LANGUAGE=en tiepsuc decode bundle.hex --hex --json | tr ',' '\n' | grep -E 'signature|payload|"seq"|replaces|quantity' | sed -n 1,12p
"payload":"right"
"signature":"right
"payload":"right"
"signature":"right"}
"payload":"right"
"signature":"right"}]
"events":[{"seq":1
"replaces":null
\"quantity\":40
{"seq":2
"replaces":"cae33a0dc065142f"
\"quantity\":42
? 0

# One changed digit is found; half a file, too.
$ sed '20s/^..../ffff/' bundle.hex | LANGUAGE=en tiepsuc decode - --hex --json | tr ',' '\n' | grep -cE '"(payload|signature)":"NOT RIGHT"'
2
? 0

$ head -n 20 bundle.hex | LANGUAGE=en tiepsuc decode - --hex --width 80 | tail -3
-: cannot be decoded: cut short
→ say what it is with --type
Start of the machine            1
Content                         right
Signature                       right, up to the root
? 1

# A frame of a session, a key file, and what is none of these.
$ echo 5453010c01020304050607080a04786f6e67 | tiepsuc decode - --hex --width 80
Thông điệp  Phiên             Chi tiết
──────────  ────────────────  ────────
BYE         0102030405060708  xong
? 0

$ echo 545301050102030405060708088080808080808002108020 | LANGUAGE=en tiepsuc decode - --hex --type frame
Message  Session            Bytes allowed in all
───────  ────────────────  ─────────────────────
CREDIT   0102030405060708  1,125,899,906,842,624
? 0

$ tiepsuc decode gate.conf
gate.conf: không giải mã được: không hợp lệ
→ ghi rõ là gì bằng --type
? 1

$ printf '# key\nkind = invite\noffice = 0c00000000000000\nunit = 0100000000000000\nsign_secret = 00ff\nname = "Xã Ba Vì"\n' | tiepsuc decode - --width 80
Tên          Giá trị
───────────  ────────────────────
kind         invite
office       12
unit         0-1-0A
sign_secret  (bí mật, không hiện)
name         Xã Ba Vì
? 0

# A sealed file shows what everybody may see; its content needs a key.
$ LANGUAGE=en tiepsuc decode sealed.hex --hex --width 80
Sealed file                 bundle
What its maker wrote on it  Tiếp Sức
Deployment                  01020300000000000000000000000000
Closed to the keys          bb2880bff97738e8
Chunks                      1
The last one is cut short   0
? 0

$ head -c 381 sealed.hex | LANGUAGE=en tiepsuc decode - --hex --json --type bundle | grep -o '"cut":[01]'
"cut":1
? 0

$ echo zz | tiepsuc decode - --hex
-: đây không phải các cặp chữ số hệ 16
→ kiểm tra lại tên tệp
? 1

$ tiepsuc decode bundle.hex --type picture
--type là segment, event, frame, invite hoặc bundle, không phải “picture”
→ “tiepsuc help decode” giải thích
? 2

$ tiepsuc decode nowhere.hex 2>&1 | tail -1
→ kiểm tra lại tên tệp
? 1

