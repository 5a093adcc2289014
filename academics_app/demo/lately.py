"""What happened lately beside the marks: leave, check-ins, a correction, a cancelled lesson with its make-up.

Statements over what was loaded before, each choosing the first rows that fit: the same institute gives the same ones.
`now`, `today` and `zone` are the load's, not the database's; `batch` is the demo batch, `faculty` its teacher.
"""

REGISTERS_TAKEN = """
INSERT INTO register_event (session_id, action, at, user_id, door)
SELECT id, 'taken', register_taken_at, register_taken_by_id, 'screen'
FROM learning_session WHERE register_taken_at IS NOT NULL ORDER BY register_taken_at, id
"""

_CLASS = """
WITH lesson AS (
    SELECT * FROM learning_session WHERE batch_id = %(batch)s AND local_date = %(today)s ORDER BY starts_at LIMIT 1
),
in_class AS (
    SELECT enrollment.student_id, lesson.id AS session_id, lesson.branch_id, asker.id AS guardian_user_id,
        row_number() OVER (ORDER BY enrollment.student_id) AS place
    FROM lesson
    JOIN enrollment ON enrollment.batch_id = lesson.batch_id
        AND lesson.local_date BETWEEN enrollment.starts_on AND coalesce(enrollment.ends_on, 'infinity')
    JOIN student_guardian ON student_guardian.student_id = enrollment.student_id AND student_guardian.is_primary
    JOIN user_account AS asker ON asker.guardian_id = student_guardian.guardian_id
    WHERE asker.username <> 'guardian' AND NOT EXISTS (
        SELECT FROM attendance JOIN learning_session ON learning_session.id = attendance.session_id
        WHERE attendance.student_id = enrollment.student_id AND learning_session.local_date >= %(today)s
    )
)
"""
"""The students of today's demo lesson without a mark today, so that leave contradicts nothing, numbered."""

LEAVE = f"""{_CLASS}
INSERT INTO planned_absence
    (student_id, starts_on, ends_on, kind, reason, status, requested_by_id, decided_by_id, decided_at, decision_note,
     created_at)
SELECT student_id, %(today)s + first, %(today)s + last, kind, reason, status, guardian_user_id,
    CASE status WHEN 'approved' THEN 1 END,
    CASE status WHEN 'approved' THEN %(now)s - interval '3 hours' END, '', %(now)s - interval '20 hours'
FROM (VALUES
    (1, 0, 2, 'illness', 'Flu; the doctor says until the end of it', 'approved'),
    (2, 0, 0, 'appointment', 'Dentist', 'approved'),
    (3, 4, 8, 'travel', 'Visiting grandparents', 'approved'),
    (4, 1, 1, 'exam', 'Entrance examination', 'requested')
) AS plan (place, first, last, kind, reason, status)
JOIN in_class USING (place)
ORDER BY place
"""  # noqa: S608 - constants of ours; values are bound

LEAVE_ASKED_BY_DEMO_GUARDIAN = """
INSERT INTO planned_absence
    (student_id, starts_on, ends_on, kind, reason, status, requested_by_id, decision_note, created_at)
SELECT max(student_guardian.student_id), %(today)s + 3, %(today)s + 4, 'family', 'A wedding in the family',
    'requested', user_account.id, '', %(now)s - interval '2 hours'
FROM user_account JOIN student_guardian USING (guardian_id)
WHERE user_account.username = 'guardian' GROUP BY user_account.id
"""

LEAVE_BUT_PRESENT = """
INSERT INTO planned_absence
    (student_id, starts_on, ends_on, kind, reason, status, decided_by_id, decided_at, decision_note, created_at)
SELECT attendance.student_id, held.local_date, held.local_date, 'appointment', 'Eye test', 'approved', 1,
    held.starts_at - interval '1 day', '', held.starts_at - interval '1 day'
FROM learning_session AS held JOIN attendance ON attendance.session_id = held.id AND attendance.status = 'present'
WHERE held.local_date < %(today)s AND held.batch_id = %(batch)s
ORDER BY held.starts_at DESC, attendance.student_id LIMIT 1
"""
"""Something for the checks to find."""

KIOSK = """
INSERT INTO kiosk (name, branch_id, token_hash, created_by_id, last_seen_at, created_at)
SELECT 'Front desk', branch_id, repeat('0', 64), 1, %(now)s - interval '2 minutes', %(now)s - interval '30 days'
FROM batch WHERE id = %(batch)s
"""
"""Its token is nobody's: no token hashes to zeros."""

CHECK_INS = f"""{_CLASS}
INSERT INTO check_in (session_id, student_id, at, method, kiosk_id, device_hash)
SELECT session_id, student_id, %(now)s - make_interval(secs => 20 * (9 - place)),
    CASE WHEN place = 7 THEN 'kiosk' ELSE 'qr' END,
    CASE WHEN place = 7 THEN (SELECT min(id) FROM kiosk) END,
    CASE WHEN place < 7 THEN md5(place::text) END
FROM in_class WHERE place BETWEEN 5 AND 7
"""  # noqa: S608 - constants of ours; values are bound

CORRECTION = """
INSERT INTO correction
    (session_id, student_id, status_wanted, note, base_version, reason, status, requested_by_id, decision_note,
     created_at)
SELECT held.id, attendance.student_id, 'excused', '', attendance.version,
    'The doctor''s certificate came in today', 'requested', asker.id, '', %(now)s - interval '50 minutes'
FROM learning_session AS held
JOIN attendance ON attendance.session_id = held.id AND attendance.status = 'absent'
JOIN user_account AS asker ON asker.faculty_id = held.faculty_id
WHERE held.faculty_id = %(faculty)s AND held.local_date BETWEEN %(today)s - 60 AND %(today)s - 9
ORDER BY held.starts_at DESC, attendance.student_id LIMIT 1
"""
"""For a mark that its faculty member may no longer change."""

_FREE = """
NOT EXISTS (
    SELECT FROM learning_session AS other
    WHERE other.status <> 'cancelled' AND other.starts_at < {ends} AND other.ends_at > {starts} AND {whose}
)
"""

CANCELLED = """
UPDATE learning_session SET status = 'cancelled', cancel_reason = 'The heating is being repaired'
WHERE id = (
    SELECT id FROM learning_session
    WHERE faculty_id = %(faculty)s AND status = 'scheduled' AND substitute_for_id IS NULL
        AND local_date BETWEEN %(today)s + 1 AND %(today)s + 7
    ORDER BY starts_at LIMIT 1
)
"""

MAKE_UP = f"""
INSERT INTO learning_session
    (batch_id, branch_id, faculty_id, room_id, local_date, starts_at, ends_at, status, makes_up_for_id)
SELECT lost.batch_id, lost.branch_id, lost.faculty_id, lost.room_id, lost.local_date + day, at.starts_at,
    at.starts_at + (lost.ends_at - lost.starts_at), 'scheduled', lost.id
FROM learning_session AS lost
CROSS JOIN generate_series(1, 13) AS day
CROSS JOIN generate_series(16, 8, -1) AS hour
CROSS JOIN LATERAL (
    SELECT ((lost.local_date + day)::timestamp + make_interval(hours => hour)) AT TIME ZONE %(zone)s AS starts_at
) AS at
WHERE lost.status = 'cancelled' AND lost.faculty_id = %(faculty)s AND lost.local_date > %(today)s
    AND NOT EXISTS (SELECT FROM holiday WHERE lost.local_date + day BETWEEN holiday.starts_on AND holiday.ends_on)
    AND {
    _FREE.format(
        starts="at.starts_at",
        ends="at.starts_at + (lost.ends_at - lost.starts_at)",
        whose="(other.room_id = lost.room_id OR other.faculty_id = lost.faculty_id)",
    )
} AND NOT EXISTS (
        SELECT FROM enrollment JOIN seat ON seat.student_id = enrollment.student_id
        WHERE enrollment.batch_id = lost.batch_id
            AND seat.during && tstzrange(at.starts_at, at.starts_at + (lost.ends_at - lost.starts_at))
    )
ORDER BY lost.starts_at, day, hour DESC LIMIT 1
"""  # noqa: S608 - constants of ours; values are bound
"""At an hour when the room, the faculty member and every student of the batch are free."""

SUBSTITUTE = f"""
UPDATE learning_session AS taught SET substitute_for_id = faculty_id, faculty_id = %(faculty)s
WHERE id = (
    SELECT id FROM learning_session AS taught
    WHERE faculty_id <> %(faculty)s AND status = 'scheduled' AND substitute_for_id IS NULL
        AND branch_id = (SELECT branch_id FROM batch WHERE id = %(batch)s)
        AND local_date BETWEEN %(today)s + 1 AND %(today)s + 7
        AND {
    _FREE.format(starts="taught.starts_at", ends="taught.ends_at", whose="other.faculty_id = %(faculty)s")
}
    ORDER BY starts_at LIMIT 1
)
"""  # noqa: S608 - constants of ours; values are bound
"""The demo faculty member stands in for a colleague."""

HAPPENINGS = (
    REGISTERS_TAKEN,
    LEAVE,
    LEAVE_ASKED_BY_DEMO_GUARDIAN,
    LEAVE_BUT_PRESENT,
    KIOSK,
    CHECK_INS,
    CORRECTION,
    CANCELLED,
    MAKE_UP,
    SUBSTITUTE,
)
"""In this order: some look at what the ones before them did."""
