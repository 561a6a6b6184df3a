"""The rules that code cites by a code: R, what the law or a plan asks for; D, the reading we took where the texts leave room.

docs/rules.md lists them with the modules and tests that cite them. A code is never given to another rule.
"""

from enum import StrEnum

_COUNTING = "Bộ luật Dân sự 2015 (how time limits run), NĐ 118/2025"


class Rule(StrEnum):
    """A rule's code; `sentence` says the rule, `source` where it comes from.

    On the wire a code is a plain string of this form: a reader may meet a code that is younger than its own list.
    """

    sentence: str
    source: str

    def __new__(cls, code: str, sentence: str, source: str) -> "Rule":
        """A member is its code; the words go with it."""
        rule = str.__new__(cls, code)
        rule._value_ = code
        rule.sentence, rule.source = sentence, source
        return rule

    R1 = (
        "R1",
        "A mã hồ sơ of any of the three generations in use is taken unchanged; anything else is refused with what is wrong.",
        "NĐ 61/2018, TT 03/2025/TT-VPCP (mã hồ sơ); QĐ 20/2020/QĐ-TTg (mã định danh)",
    )
    R4 = (
        "R4",
        "Each sending system's words for a state map to one of the ten states (TrangThaiHoSo); a word that no table knows "
        "is held for a person, never guessed.",
        "payloads of Cổng Dịch vụ công quốc gia (TrangThaiHoSo 1 to 10)",
    )
    R7 = (
        "R7",
        "A changed calendar moves the due dates that only we counted; a date printed on a receipt (giấy hẹn) stays until "
        "a signed letter promises another, and is listed where our own count would differ now.",
        "official notices of swapped days (hoán đổi ngày làm việc); TT 03/2025/TT-VPCP, Mẫu 01",
    )
    R8 = (
        "R8",
        "A limit that reaches into a year is counted with that year's days off; while the list of that year is not "
        "confirmed, the due date is provisional.",
        "yearly notices of holidays (lịch nghỉ Tết, hoán đổi)",
    )
    R10 = (
        "R10",
        "A request for supplements (yêu cầu bổ sung) stops the clock and their arrival starts it again; how often papers "
        "were asked for is counted.",
        "NĐ 118/2025; QĐ 766/QĐ-TTg, indicator 2.1",
    )
    R13 = (
        "R13",
        "Staff are warned before a dossier is due, at points that are settings and that a procedure may have of its own.",
        "plan B (the result in time or earlier)",
    )
    R15 = (
        "R15",
        "A letter (Mẫu 04) may promise a new date only for an accepted dossier that has not ended and is not paused; the "
        "date is a working time of the unit, after the signature and after the date in force, and not more calendar days "
        "than the unit sets (repromise_max_days, 30 by default) after the later of the two; if that day is off, the next "
        "working day is the last. A reason is stated in the letter, and nothing leaves before the signer saw and approved "
        "that very letter.",
        "NĐ 118/2025; TT 03/2025/TT-VPCP, Mẫu 04",
    )
    R16 = (
        "R16",
        "A dossier's date is promised anew at most once (hẹn lại không quá một lần); a further ask is refused by this rule.",
        "NĐ 61/2018, kept as the default under NĐ 118/2025",
    )
    R17 = (
        "R17",
        "One letter per dossier covers lateness and errors; an event that comes again makes no second letter "
        "and no second number.",
        "plans A and B (thư xin lỗi)",
    )
    R18 = (
        "R18",
        "An upheld petition about an error of the office calls for a letter of apology, though no date was missed; a complaint "
        "or a denunciation calls for none by itself.",
        "plan B (thư xin lỗi về sai sót)",
    )
    R19 = (
        "R19",
        "A late dossier may be exempt from the apology letter (force majeure, secrecy, the applicant's own default) if "
        "the signer says so; exempted ones are counted apart.",
        "QĐ 5157 of 2016 (Thành phố Hồ Chí Minh) on apologies",
    )
    R20 = (
        "R20",
        "A person or a group is thanked in a letter for an accepted suggestion and for a contribution; never by itself for an "
        "ordinary dossier, and not for praise.",
        "plan A (thư cảm ơn)",
    )
    R22 = (
        "R22",
        "Letters are numbered per issuing body and year, from 01, consecutively and without a hole; thanks may have no number.",
        "NĐ 30/2020 (văn thư)",
    )
    R23 = (
        "R23",
        "Each letter's state is kept, and the late dossiers with and without a letter are counted from it.",
        "Biểu 07a/BTP (quá hạn: đã có, chưa có thư xin lỗi)",
    )
    R24 = (
        "R24",
        'A completed dossier sends its person exactly one "result ready" message, in sending hours; at night it waits.',
        "plan A (tin nhắn trả kết quả)",
    )
    R25 = (
        "R25",
        "Encoding and number of parts of an SMS are known before it is sent: 160, 306, 459 characters without accents, 70 "
        "and then 67 each with them.",
        "3GPP TS 23.038 and 23.040; price steps of the operators",
    )
    R26 = (
        "R26",
        "A phone number as people write it becomes E.164, 11 digits of before 2018 included; one that no SMS can reach "
        "gets none.",
        "conversion of mobile numbers of 15/09/2018",
    )
    R28 = (
        "R28",
        "A message names mã hồ sơ and procedure, never a person, a reason or a foreign link; it asks to come to the counter "
        "only whoever chose the counter.",
        "Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15",
    )
    R29 = (
        "R29",
        "Messages that no rule asks for (reception, invitation to rate) are a unit's choice, and nobody is sent one who does "
        "not want them; the others are always sent.",
        "NĐ 91/2020 (consent to messages), read for a state body",
    )
    R30 = (
        "R30",
        "What people bring forward is a suggestion, a petition (of rules or of behaviour), a complaint, a denunciation, praise "
        "or a contribution; complaints and denunciations go to the competent officer and are never closed as petitions.",
        "NĐ 20/2008, NĐ 92/2017; Luật Khiếu nại 2011, Luật Tố cáo 2018; plan B (tiếp nhận góp ý, cảm ơn)",
    )
    R31 = (
        "R31",
        "A petition is taken or refused within 2 working days, more is asked for within 5, it is answered within 15 of coming "
        "in or of the last transfer, and its answer is published within 2.",
        "NĐ 20/2008, TT 02/2017/TT-VPCP, as the portal counts",
    )
    R32 = (
        "R32",
        "Petitions handled in time are counted over those due in the period, target 90 %, numerator and denominator shown.",
        "plans A and B (tỷ lệ phản ánh, kiến nghị xử lý đúng hạn)",
    )
    R33 = (
        "R33",
        "Survey forms are versioned data; answers score 100, 75, 50, 25 or 0, what does not apply is in no mean, and a "
        "dossier is rated once.",
        "TT 01/2018/TT-VPCP (lấy ý kiến đánh giá); plan B (phiếu lấy ý kiến nhận xét)",
    )
    R34 = (
        "R34",
        "Who denounces is readable by named roles alone, and every reading is journaled with its purpose; who stays anonymous "
        "leaves no identity.",
        "Luật Tố cáo 2018; NĐ 13/2023 (personal data)",
    )
    R40 = (
        "R40",
        "What is shown of how people rated is the figure of at least five of them, on every page, file, API and topic of "
        "figures; a rating joins to no dossier.",
        "NĐ 13/2023 (personal data); TT 01/2018/TT-VPCP (anonymous answers)",
    )
    R35 = (
        "R35",
        "The sheet keeps its equations, 3 = 4 + 5 + 6, 7 = 8 + 9 + 10, 11 = 12 + 13, 3 = 7 + 11, and column 6 is column "
        "11 of the sheet before; a sheet that breaks one is not published.",
        "TT 01/2020/TT-VPCP, Biểu II.06a",
    )
    R36 = (
        "R36",
        "The extended report is a table of columns as data; a column without a source is neither a figure nor nothing.",
        "Biểu 07a/BTP of 2026",
    )
    R37 = (
        "R37",
        "Periods are data; a frozen one stays as it was signed, and what becomes known later is booked in the next.",
        "NĐ 09/2019, TT 01/2020/TT-VPCP (kỳ báo cáo); plan A (before 15/11)",
    )
    R39 = (
        "R39",
        "The province is the sum of its units in every counter at any time; a merger of units keeps their history.",
        "NQ 202/2025/QH15, QĐ 19/2025/QĐ-TTg",
    )

    D1 = (
        "D1",
        "A working day is one counted date of the calendar table, never eight hours; limits in hours count open hours.",
        _COUNTING,
    )
    D2 = (
        "D2",
        "The day on which the clock starts is not counted; the due moment keeps the time of day of the start, clipped to "
        "the hours of the due date.",
        _COUNTING,
    )
    D3 = (
        "D3",
        "Received outside hours, in the lunch break or on a day off, the clock starts at the next opening; exactly at "
        "closing or at lunch start is still open.",
        _COUNTING,
    )
    D4 = (
        "D4",
        "Calendar days and months run through days off; a due date on a day off moves to the next working day, once, at "
        "the end.",
        _COUNTING,
    )
    D5 = (
        "D5",
        "A same-day procedure is due at closing; received strictly after 15:00 on an open day, at closing of the next "
        "working day.",
        "NĐ 61/2018; procedures returned within the day (trong ngày)",
    )
    D6 = (
        "D6",
        "A pause moves limits in hours and minutes by its open minutes; limits in working days by the counted dates that "
        "passed whole at the same time of day, and then by the open minutes that are left; the others by elapsed time. It "
        "counts if it begins before the due moment as it then stands, overlaps count once, and while it is open there is "
        "no due moment. A date given during or after a pause is not moved by it.",
        "QĐ 766/QĐ-TTg, indicator 2.1 (thời gian bổ sung)",
    )
    D7 = (
        "D7",
        "Pauses for a fee or another body count only where the procedure version says so; a procedure may begin its whole "
        "limit anew after a supplement.",
        "the procedures' own texts (quyết định công bố TTHC)",
    )
    D8 = (
        "D8",
        "Cut-offs compare full instants, seconds are dropped before adding. Limits are exact: parts of a working day (nửa ngày "
        "làm việc) are that part of the open minutes of the date that the whole days reach, counted on from there; parts of "
        "an hour are open minutes; a part of a minute is a minute. A limit that cannot be counted (0 or below, parts of a "
        "calendar day or month, beyond the calendar) is refused and said; same day needs no number.",
        "reading of our own: no text says it",
    )
    D9 = (
        "D9",
        "A makeup day (ngày làm bù) has its own hours if given, else Monday's; hours for reception alone never count.",
        "official notices of swapped days; reception on Saturdays (TP. Hồ Chí Minh)",
    )
    D10 = (
        "D10",
        "A promise ends with state 9, else 10, else the earlier of 7 and 8; what was never accepted is in no column.",
        "QĐ 766/QĐ-TTg, indicator 2.1; TT 01/2020/TT-VPCP",
    )
    D11 = (
        "D11",
        "Late is after the due moment in force, early is on an earlier date, everything else is on time; lateness against "
        "the first promise is kept beside it.",
        "TT 01/2020/TT-VPCP, Biểu II.06a (trước, đúng, quá hạn)",
    )
    D12 = (
        "D12",
        "A dossier that waits for the citizen at the end of a period is open and in time.",
        "TT 01/2020/TT-VPCP: 3 = 7 + 11",
    )
    D13 = (
        "D13",
        "More than one request for supplements makes a dossier late for QĐ 766 alone, not in II.06a.",
        "QĐ 766/QĐ-TTg, indicator 2.1",
    )
    D14 = (
        "D14",
        "A rate has two decimals, half up; where its denominator is 0 there is no figure.",
        "QĐ 766/QĐ-TTg (N/A)",
    )
    D15 = (
        "D15",
        "Snapshots of a dossier are ordered by phase, then rounds of supplements, then arrival: an equal one that came "
        "later corrects, a lower one adds only what was unknown.",
        "reading of our own: payloads of the portal (DongBoHoSoMC) carry no version",
    )
    D16 = (
        "D16",
        "A changed NgayHenTra is the date in force from then on (D6); where there is none, the NgayHenTraMoi of the newest "
        "round of supplements; where it still is a round's NgayHenTraTruoc, that round's NgayHenTraMoi. A date that a "
        "round gave holds from that round on. One that no pause explains is flagged for a person. None is by itself the one "
        "re-promise.",
        "reading of our own: payloads of the portal give no reason",
    )
    D18 = (
        "D18",
        "Accented letters that GSM 03.38 has (à è é ì ò ù, É) force no UCS-2, any other does; a number of before 2018 is "
        "converted only if the result is a number in use.",
        "reading of our own: 3GPP TS 23.038; conversion of mobile numbers of 15/09/2018",
    )
    D19 = (
        "D19",
        "Rungs: warnings 24 and 4 open hours before due, apology-due two working days before, overdue at due; none in the "
        "first quarter of the open time, and of a same-day procedure only overdue.",
        "NĐ 61/2018: the letter is sent at least one day before the due date",
    )
    D20 = (
        "D20",
        "A dossier submitted online (state 1) is to be accepted, sent back for papers or refused within 8 open hours of the "
        "receiving unit; when papers came, or it is submitted anew after a refusal, within 8 hours from then. It has no "
        "promise yet: it is in no column of II.06a and in no figure of what is in time.",
        "NĐ 45/2020, NĐ 118/2025 (hồ sơ trực tuyến); no article was checked for the number, so it is a setting",
    )


def is_refused_by(rule: Rule, code: str | None, words: str) -> bool:
    """Whether a refusal names this rule: by its code, or, where an earlier release wrote none, at the head of its words.

    Nothing else reads the words: they are for people.
    """
    return code == rule if code else words.startswith(f"{rule}:")
