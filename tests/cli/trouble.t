# Nobody answers: how to start it. Not the same as a wrong folder or a wrong word.
$ tiepsuc -d dead status
DIR/dead.sock: dịch vụ chưa chạy
→ khởi động:  systemctl start tiepsuc-office   hoặc   tiepsuc-office -f
  dead/office.conf
? 3

$ LANGUAGE=en tiepsuc -d dead status --json
{"code":"NOTFOUND","say":"DIR/dead.sock: the service does not run","tables":{},"issues":[{"severity":"note","say":"start it:  systemctl start tiepsuc-office   or   tiepsuc-office -f dead/office.conf"}]}
? 3

$ LANGUAGE=en tiepsuc -d nowhere status
nowhere: there is neither aggregator.conf nor office.conf in this folder; name
the folder that “tiepsuc init” or “tiepsuc join” made
→ name the folder with -d DIR or the configuration with -f FILE
? 2

$ tiepsuc -f gate.conf status
gate.conf: là cấu hình của tiepsuc-gate, dịch vụ này không nhận lệnh; hãy chỉ
cấu hình của office hoặc aggregator
→ chỉ thư mục bằng -d THƯ_MỤC hoặc tệp cấu hình bằng -f TỆP
? 2

$ tiepsuc statsu
không có lệnh “statsu”; có phải là “status” không?
→ “tiepsuc help” liệt kê mọi lệnh
? 2

$ tiepsuc report sel
không có lệnh “report sel”; có phải là “report seal” không?
→ “tiepsuc help” liệt kê mọi lệnh
? 2

$ tiepsuc xyzzy
không có lệnh “xyzzy”
→ “tiepsuc help” liệt kê mọi lệnh
? 2

$ tiepsuc status --jsn
không có tùy chọn “--jsn”; có phải là “--json” không?
→ “tiepsuc help status” giải thích
? 2

$ tiepsuc status more
không rõ “more” ở đây nghĩa là gì
→ “tiepsuc help status” giải thích
? 2

$ tiepsuc show
thiếu MÃ_PHIẾU
→ “tiepsuc help show” giải thích
? 2

$ tiepsuc status --as zwei
--as cần số tài khoản, không phải “zwei”
→ “tiepsuc help status” giải thích
? 2

$ tiepsuc status --width 3
--width cần số cột từ 20 đến 1000, không phải “3”
→ “tiepsuc help status” giải thích
? 2

$ LANGUAGE=en tiepsuc statsu --json
{"code":"INVALID","say":"there is no command “statsu”; did you mean “status”?","tables":{},"issues":[{"severity":"note","say":"“tiepsuc help” lists all commands"}]}
? 2

# No answer, an answer that cannot be read, a service that goes away.
$ tiepsuc -d office seal --as 90 --wait 1
không có trả lời trong 1 giây; việc vừa yêu cầu vẫn có thể được thực hiện: hãy
xem lại trước khi nhập lần nữa
→ dịch vụ đang chạy nhưng bận hoặc bị kẹt: chờ lâu hơn bằng --wait GIÂY, hoặc
  xem nhật ký của nó (journalctl -u tiepsuc-office)
? 3

$ LANGUAGE=en tiepsuc -d office seal --as 91
the answer cannot be read: service and command line are of different versions
? 1

$ LANGUAGE=en tiepsuc -d office seal --as 92
the service stopped while it worked on this
→ start it:  systemctl start tiepsuc-office   or   tiepsuc-office -f
  office/office.conf
? 3

