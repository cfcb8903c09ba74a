# What is typed is checked here as far as possible and sent under one spelling.
$ tiepsuc -d office add need --as 2 --unit "Xã Tản Lĩnh" --line_id=warm --quantity 1.040 --occurred-on 16/10/2019 --heads "band=primary; sex=female;count=22" --heads "band_id=primary;count=18" --reason 'a=b;c'
Mã                 A-1A-PN5W
Đơn vị hành chính  Xã Tản Lĩnh
Số lượng           1.040
Ngày               16/10/2019

fake: kept as A-1A-PN5W
? 0

$ sent
add account=2
  kind = need
  unit = Xã Tản Lĩnh
  line = warm
  quantity = 1.040
  occurred_on = 16/10/2019
  heads = band_id=primary;sex=female;count=22
  heads = band_id=primary;count=18
  reason = a=b;c
? 0

$ LANGUAGE=en tiepsuc -d office add handover --as 3 --fund quy-xa --item "item=Áo \; khăn;quantity=2" --beneficiary X-1 --dry-run --json
{"code":"OK","say":"fake: kept as A-1A-PN5W","tables":{"saved":[{"record":"A-1A-PN5W","state":"saved here"}],"record":[{"record":"A-1A-PN5W","unit_id":"1-3-7Q","unit":"Xã Tản Lĩnh","quantity":1040,"occurred_on":"2019-10-16","note":null}]},"issues":[{"severity":"warning","column":"quantity","say":"fake: more than needed"}]}
? 0

$ sent
add account=3
  kind = handover
  fund = quy-xa
  items = item=Áo \; khăn;quantity=2
  beneficiary_ids = X-1
  dry_run = yes
? 0

# Mistakes name what is wrong and what to do; nothing is sent.
$ tiepsuc -d office add ned
không có loại phiếu “ned”; có phải là “need” không?
→ “tiepsuc help add” giải thích
? 2

$ tiepsuc -d office add xyz
không có loại phiếu “xyz”; có các loại: unit, body, office, cutoff, release,
plan, scope, line, band, duty, period, budget, target, activity, beneficiary,
population, need, donor, fund, pledge, receipt, purchase, allocation, handover,
return, approval, report, report_return, filing, waiver, holding
→ “tiepsuc help add” giải thích
? 2

$ tiepsuc -d office add need --unti 3
“Nhu cầu” không có trường “unti”; có phải là “unit” không?
→ “tiepsuc help add need” giải thích
? 2

$ tiepsuc -d office add need --quantity 4o
--quantity: “4o” không phải số nguyên
→ “tiepsuc help add need” giải thích
? 2

$ tiepsuc -d office add need --verified-on 31/02/2019
--verified-on: “31/02/2019” không phải ngày; ghi như 29/11/2019 hoặc 2019-11-29
→ “tiepsuc help add need” giải thích
? 2

$ tiepsuc -d office add need --state verifed
--state: “verifed” không thuộc các giá trị: none, reported, verified, offered,
closed, expired
→ “tiepsuc help add need” giải thích
? 2

$ tiepsuc -d office add need --heads "bnd=primary;count=2"
“Nhu cầu” không có trường “bnd”; có phải là “band” không?
→ “tiepsuc help add need” giải thích
? 2

$ tiepsuc -d office add need --unit
sau “--unit” phải có giá trị
→ “tiepsuc help add” giải thích
? 2

$ LANGUAGE=en tiepsuc -d office add need --quantity 4o --json
{"code":"INVALID","say":"--quantity: “4o” is not a whole number","tables":{},"issues":[{"severity":"note","say":"“tiepsuc help add need” explains it"}]}
? 2

$ sent
? 0

# The others.
$ tiepsuc -d office revise A-3F-EK2Q5 --as 2 --quantity 42 --reason "đếm lại"
Mã                 A-1A-PN5W
Đơn vị hành chính  Xã Tản Lĩnh
Số lượng           1.040
Ngày               16/10/2019

fake: kept as A-1A-PN5W
? 0

$ tiepsuc -d office void A-3F-EK2Q5 --as 2
thiếu --reason: lý do rút
→ “tiepsuc help void” giải thích
? 2

$ tiepsuc -d office void A-3F-EK2Q5 --as 2 --reason "nhập hai lần" --json
{"code":"OK","say":"fake: kept as A-1A-PN5W","tables":{"saved":[{"record":"A-1A-PN5W","state":"đã lưu tại máy"}],"record":[{"record":"A-1A-PN5W","unit_id":"1-3-7Q","unit":"Xã Tản Lĩnh","quantity":1040,"occurred_on":"2019-10-16","note":null}]},"issues":[]}
? 0

$ tiepsuc -d office resolve A-3F-EK2Q5 --keep 91c0ffee00000001 --reason "đã kiểm tra" --json
{"code":"OK","say":"fake: kept as A-1A-PN5W","tables":{"saved":[{"record":"A-1A-PN5W","state":"đã lưu tại máy"}],"record":[{"record":"A-1A-PN5W","unit_id":"1-3-7Q","unit":"Xã Tản Lĩnh","quantity":1040,"occurred_on":"2019-10-16","note":null}]},"issues":[]}
? 0

$ tiepsuc -d office approve A-3F-EK2Q5 --as 3 --decision refused
fake: done
? 0

$ tiepsuc -d office release 91c0ffee00000001 5eed000000000002 --note "được" --as 1
fake: done
? 0

$ tiepsuc -d office account add --role recorder --function "văn phòng" --as 1
fake: done
? 0

$ sent
revise account=2
  record = A-3F-EK2Q5
  quantity = 42
  reason = đếm lại
void account=2
  record = A-3F-EK2Q5
  reason = nhập hai lần
resolve account=0
  record = A-3F-EK2Q5
  keep = 91c0ffee00000001
  reason = đã kiểm tra
approve account=3
  record = A-3F-EK2Q5
  decision = refused
release account=1
  event = 91c0ffee00000001
  event = 5eed000000000002
  note = được
account_add account=1
  role = recorder
  function = văn phòng
? 0

# Refused by the process: the sentence, and what to do.
$ tiepsuc -d office void A-3F-EK2Q5 --as 93 --reason x
fake: account 93 may not void
→ ghi rõ ai nhập bằng --as SỐ (“tiepsuc account list”), hoặc nhờ người có vai
  trò, văn phòng có quyền làm việc này
? 1

$ LANGUAGE=en tiepsuc -d office seal --as 94
busy with other work
→ try again in a minute; “tiepsuc status” shows what is going on
? 1

$ LANGUAGE=en tiepsuc -d office seal --as 93 --json
{"code":"DENIED","say":"fake: account 93 may not seal","tables":{},"issues":[]}
? 1

