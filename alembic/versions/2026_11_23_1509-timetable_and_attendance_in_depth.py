"""timetable and attendance in depth

Revision ID: f4e9d7480d64
Revises: a66526bcf593
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f4e9d7480d64"
down_revision = "a66526bcf593"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("room_id", sa.BigInteger(), nullable=True),
        sa.Column("last_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch.id"], name=op.f("fk_calendar_feed_batch_id_batch"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_calendar_feed_room_id_room"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
            name=op.f("fk_calendar_feed_student_id_student"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_calendar_feed_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    op.create_index(op.f("ix_calendar_feed_batch_id"), "calendar_feed", ["batch_id"], unique=False)
    op.create_index(op.f("ix_calendar_feed_room_id"), "calendar_feed", ["room_id"], unique=False)
    op.create_index(op.f("ix_calendar_feed_student_id"), "calendar_feed", ["student_id"], unique=False)
    op.create_index(op.f("ix_calendar_feed_user_id"), "calendar_feed", ["user_id"], unique=False)
    op.create_table(
        "integrity_dismissal",
        sa.Column("check_name", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "dismissed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("dismissed_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dismissed_by_id"],
            ["user_account.id"],
            name=op.f("fk_integrity_dismissal_dismissed_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("check_name", "subject", name=op.f("pk_integrity_dismissal")),
    )
    op.create_index(
        op.f("ix_integrity_dismissal_dismissed_by_id"),
        "integrity_dismissal",
        ["dismissed_by_id"],
        unique=False,
    )
    op.create_table(
        "kiosk",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_kiosk_branch_id_branch")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_kiosk_created_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_kiosk_room_id_room"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosk")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_kiosk_token_hash")),
    )
    op.create_index(op.f("ix_kiosk_branch_id"), "kiosk", ["branch_id"], unique=False)
    op.create_index(op.f("ix_kiosk_created_by_id"), "kiosk", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_kiosk_room_id"), "kiosk", ["room_id"], unique=False)
    op.create_table(
        "planned_absence",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=True),
        sa.Column("ends_at", sa.Time(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "illness",
                "appointment",
                "family",
                "travel",
                "exam",
                "other",
                name="absencekind_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "approved",
                "refused",
                "withdrawn",
                name="absencestatus_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL)", name=op.f("ck_planned_absence_both_times_or_none")
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_planned_absence_ends_after_start")),
        sa.CheckConstraint(
            "starts_at IS NULL OR (starts_on = ends_on AND ends_at > starts_at)",
            name=op.f("ck_planned_absence_times_on_one_day"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_planned_absence_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"],
            ["user_account.id"],
            name=op.f("fk_planned_absence_requested_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_planned_absence_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_absence")),
    )
    op.create_index(
        op.f("ix_planned_absence_decided_by_id"), "planned_absence", ["decided_by_id"], unique=False
    )
    op.create_index(
        op.f("ix_planned_absence_requested_by_id"), "planned_absence", ["requested_by_id"], unique=False
    )
    op.create_index(
        "ix_planned_absence_status_starts_on", "planned_absence", ["status", "starts_on"], unique=False
    )
    op.create_index(
        "ix_planned_absence_student_id_starts_on",
        "planned_absence",
        ["student_id", "starts_on"],
        unique=False,
    )
    op.create_table(
        "check_in",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "qr",
                "kiosk",
                name="checkinmethod_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("kiosk_id", sa.BigInteger(), nullable=True),
        sa.Column("device_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["kiosk_id"], ["kiosk.id"], name=op.f("fk_check_in_kiosk_id_kiosk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name=op.f("fk_check_in_session_id_learning_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_check_in_student_id_student")),
        sa.PrimaryKeyConstraint("session_id", "student_id", name=op.f("pk_check_in")),
        sa.UniqueConstraint("session_id", "device_hash", name=op.f("uq_check_in_session_id_device_hash")),
    )
    op.create_index(op.f("ix_check_in_kiosk_id"), "check_in", ["kiosk_id"], unique=False)
    op.create_index("ix_check_in_student_id_at", "check_in", ["student_id", "at"], unique=False)
    op.create_table(
        "check_in_window",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["user_account.id"], name=op.f("fk_check_in_window_opened_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name=op.f("fk_check_in_window_session_id_learning_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_check_in_window")),
    )
    op.create_index(
        op.f("ix_check_in_window_opened_by_id"), "check_in_window", ["opened_by_id"], unique=False
    )
    op.create_table(
        "correction",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status_wanted",
            sa.Enum(
                "present",
                "absent",
                "late",
                "excused",
                name="attendancestatus_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("minutes_late", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("base_version", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "approved",
                "refused",
                "withdrawn",
                name="correctionstatus_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(status_wanted = 'late') OR (minutes_late IS NULL)",
            name=op.f("ck_correction_minutes_only_when_late"),
        ),
        sa.CheckConstraint("minutes_late BETWEEN 0 AND 600", name=op.f("ck_correction_minutes_range")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_correction_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["user_account.id"], name=op.f("fk_correction_requested_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name=op.f("fk_correction_session_id_learning_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_correction_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_decided_by_id"), "correction", ["decided_by_id"], unique=False)
    op.create_index(op.f("ix_correction_requested_by_id"), "correction", ["requested_by_id"], unique=False)
    op.create_index(op.f("ix_correction_session_id"), "correction", ["session_id"], unique=False)
    op.create_index("ix_correction_status_created_at", "correction", ["status", "created_at"], unique=False)
    op.create_index(op.f("ix_correction_student_id"), "correction", ["student_id"], unique=False)
    op.create_index(
        "uq_correction_open",
        "correction",
        ["session_id", "student_id"],
        unique=True,
        postgresql_where=sa.text("status = 'requested'"),
    )
    op.create_table(
        "register_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "taken",
                "untaken",
                name="registeraction_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "door",
            sa.Enum(
                "screen",
                "rest",
                "websocket",
                "import",
                "job",
                "command_line",
                name="door_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name=op.f("fk_register_event_session_id_learning_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_register_event_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_event")),
    )
    op.create_index("ix_register_event_session_id", "register_event", ["session_id", "id"], unique=False)
    op.create_index(op.f("ix_register_event_user_id"), "register_event", ["user_id"], unique=False)
    op.create_table(
        "seat",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("student_id"), "="),
            (sa.column("during"), "&&"),
            deferrable=True,
            initially="IMMEDIATE",
            using="gist",
            name="ex_seat_student_id",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name=op.f("fk_seat_session_id_learning_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_seat_student_id_student"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "student_id", name=op.f("pk_seat")),
    )
    op.add_column(
        "attendance",
        sa.Column(
            "suggested_by",
            sa.Enum(
                "planned_absence",
                "absent_earlier_today",
                "present_elsewhere",
                "checked_in",
                "absent_lately",
                name="suggestionreason_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "attendance_event",
        sa.Column(
            "suggested_by",
            sa.Enum(
                "planned_absence",
                "absent_earlier_today",
                "present_elsewhere",
                "checked_in",
                "absent_lately",
                name="suggestionreason_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_attendance_absent",
        "attendance",
        ["session_id"],
        unique=False,
        postgresql_include=["student_id"],
        postgresql_where=sa.text("status = 'absent'"),
    )
    op.add_column("learning_session", sa.Column("makes_up_for_id", sa.BigInteger(), nullable=True))
    op.add_column("learning_session", sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "learning_session", sa.Column("overlap_allowed", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("learning_session", sa.Column("occurs_on", sa.Date(), nullable=True))
    op.execute("UPDATE learning_session SET occurs_on = local_date WHERE schedule_id IS NOT NULL")
    op.drop_constraint(op.f("uq_learning_session_schedule_id_local_date"), "learning_session")
    op.create_unique_constraint(
        op.f("uq_learning_session_schedule_id_occurs_on"), "learning_session", ["schedule_id", "occurs_on"]
    )
    op.create_index(
        op.f("ix_learning_session_makes_up_for_id"), "learning_session", ["makes_up_for_id"], unique=False
    )
    op.create_foreign_key(
        op.f("fk_learning_session_makes_up_for_id_learning_session"),
        "learning_session",
        "learning_session",
        ["makes_up_for_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.add_column("weekly_schedule", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column("weekly_schedule", sa.Column("ends_on", sa.Date(), nullable=True))
    op.create_check_constraint("ends_on_or_after_start", "weekly_schedule", "ends_on >= starts_on")
    _set_mark_sources("person", "take_register", "suggestion", "import", "closing", "correction")
    op.execute(
        "INSERT INTO register_event (session_id, action, at, user_id, door) "
        "SELECT id, 'taken', register_taken_at, register_taken_by_id, 'screen' FROM learning_session "
        "WHERE register_taken_at IS NOT NULL ORDER BY register_taken_at, id"
    )
    op.execute(_ALLOW_STORED_OVERLAPS)
    for column in ("room_id", "faculty_id"):
        op.execute(
            f"ALTER TABLE learning_session ADD CONSTRAINT ex_learning_session_{column} "
            f"EXCLUDE USING gist ({column} WITH =, tstzrange(starts_at, ends_at) WITH &&) "
            "WHERE (status <> 'cancelled' AND NOT overlap_allowed) DEFERRABLE INITIALLY IMMEDIATE"
        )
    for statement in (*_FUNCTIONS, *_TRIGGERS, _SEAT_STORED_SESSIONS):
        op.execute(statement)


def downgrade() -> None:
    for name, table in _TRIGGER_PLACES:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in (
        "seat_new_sessions",
        "seat_changed_session",
        "seat_new_enrollments",
        "seat_changed_enrollment",
        "number_changed_session",
    ):
        op.execute(f"DROP FUNCTION {name}()")
    for column in ("room_id", "faculty_id"):
        op.drop_constraint(f"ex_learning_session_{column}", "learning_session")
    op.execute("UPDATE attendance SET source = 'person' WHERE source IN ('closing', 'correction')")
    op.execute("UPDATE attendance_event SET source = 'person' WHERE source IN ('closing', 'correction')")
    _set_mark_sources("person", "take_register", "suggestion", "import")
    op.drop_constraint(op.f("ck_weekly_schedule_ends_on_or_after_start"), "weekly_schedule")
    op.drop_column("weekly_schedule", "ends_on")
    op.drop_column("weekly_schedule", "starts_on")
    op.drop_constraint(
        op.f("fk_learning_session_makes_up_for_id_learning_session"), "learning_session", type_="foreignkey"
    )
    op.drop_index(op.f("ix_learning_session_makes_up_for_id"), table_name="learning_session")
    op.drop_constraint(op.f("uq_learning_session_schedule_id_occurs_on"), "learning_session")
    op.execute(_FREE_DOUBLE_DAYS)
    op.create_unique_constraint(
        op.f("uq_learning_session_schedule_id_local_date"), "learning_session", ["schedule_id", "local_date"]
    )
    op.drop_column("learning_session", "occurs_on")
    op.drop_column("learning_session", "overlap_allowed")
    op.drop_column("learning_session", "sequence")
    op.drop_column("learning_session", "makes_up_for_id")
    op.drop_column("attendance_event", "suggested_by")
    op.drop_index(
        "ix_attendance_absent", table_name="attendance", postgresql_where=sa.text("status = 'absent'")
    )
    op.drop_column("attendance", "suggested_by")
    op.drop_table("seat")
    op.drop_index(op.f("ix_register_event_user_id"), table_name="register_event")
    op.drop_index("ix_register_event_session_id", table_name="register_event")
    op.drop_table("register_event")
    op.drop_index(
        "uq_correction_open", table_name="correction", postgresql_where=sa.text("status = 'requested'")
    )
    op.drop_index(op.f("ix_correction_student_id"), table_name="correction")
    op.drop_index("ix_correction_status_created_at", table_name="correction")
    op.drop_index(op.f("ix_correction_session_id"), table_name="correction")
    op.drop_index(op.f("ix_correction_requested_by_id"), table_name="correction")
    op.drop_index(op.f("ix_correction_decided_by_id"), table_name="correction")
    op.drop_table("correction")
    op.drop_index(op.f("ix_check_in_window_opened_by_id"), table_name="check_in_window")
    op.drop_table("check_in_window")
    op.drop_index("ix_check_in_student_id_at", table_name="check_in")
    op.drop_index(op.f("ix_check_in_kiosk_id"), table_name="check_in")
    op.drop_table("check_in")
    op.drop_index("ix_planned_absence_student_id_starts_on", table_name="planned_absence")
    op.drop_index("ix_planned_absence_status_starts_on", table_name="planned_absence")
    op.drop_index(op.f("ix_planned_absence_requested_by_id"), table_name="planned_absence")
    op.drop_index(op.f("ix_planned_absence_decided_by_id"), table_name="planned_absence")
    op.drop_table("planned_absence")
    op.drop_index(op.f("ix_kiosk_room_id"), table_name="kiosk")
    op.drop_index(op.f("ix_kiosk_created_by_id"), table_name="kiosk")
    op.drop_index(op.f("ix_kiosk_branch_id"), table_name="kiosk")
    op.drop_table("kiosk")
    op.drop_index(op.f("ix_integrity_dismissal_dismissed_by_id"), table_name="integrity_dismissal")
    op.drop_table("integrity_dismissal")
    op.drop_index(op.f("ix_calendar_feed_user_id"), table_name="calendar_feed")
    op.drop_index(op.f("ix_calendar_feed_student_id"), table_name="calendar_feed")
    op.drop_index(op.f("ix_calendar_feed_room_id"), table_name="calendar_feed")
    op.drop_index(op.f("ix_calendar_feed_batch_id"), table_name="calendar_feed")
    op.drop_table("calendar_feed")


def _set_mark_sources(*known: str) -> None:
    """What `source` may hold in the marks and in their ledger."""
    values = ", ".join(f"'{value}'" for value in known)
    for table in ("attendance", "attendance_event"):
        op.drop_constraint(op.f(f"ck_{table}_marksource_known"), table)
        op.create_check_constraint(op.f(f"ck_{table}_marksource_known"), table, f"source IN ({values})")


_ALLOW_STORED_OVERLAPS = """
UPDATE learning_session SET overlap_allowed = true
WHERE status <> 'cancelled' AND EXISTS (
  SELECT FROM learning_session AS other
  WHERE other.id <> learning_session.id AND other.status <> 'cancelled'
    AND other.local_date = learning_session.local_date
    AND tstzrange(other.starts_at, other.ends_at) && tstzrange(learning_session.starts_at, learning_session.ends_at)
    AND (
      other.room_id = learning_session.room_id OR other.faculty_id = learning_session.faculty_id
      OR EXISTS (
        SELECT FROM enrollment AS mine
        JOIN enrollment AS theirs ON theirs.student_id = mine.student_id
        WHERE mine.batch_id = learning_session.batch_id AND theirs.batch_id = other.batch_id
          AND learning_session.local_date BETWEEN mine.starts_on AND coalesce(mine.ends_on, 'infinity')
          AND other.local_date BETWEEN theirs.starts_on AND coalesce(theirs.ends_on, 'infinity')
      )
    )
)
"""
"""Clashes that were stored before they were refused stay, and are excepted."""

_FREE_DOUBLE_DAYS = """
UPDATE learning_session SET schedule_id = NULL
WHERE schedule_id IS NOT NULL AND EXISTS (
  SELECT FROM learning_session AS other
  WHERE other.schedule_id = learning_session.schedule_id AND other.local_date = learning_session.local_date
    AND other.id < learning_session.id
)
"""
"""A meeting has one session a day again; what somebody moved onto another one's day stands alone."""

_SEATS = """
INSERT INTO seat (session_id, student_id, during)
SELECT session.id, enrollment.student_id, tstzrange(session.starts_at, session.ends_at)
FROM {sessions} AS session
JOIN {enrollments} AS enrollment ON enrollment.batch_id = session.batch_id
  AND session.local_date BETWEEN enrollment.starts_on AND coalesce(enrollment.ends_on, 'infinity')
WHERE session.status <> 'cancelled' AND NOT session.overlap_allowed {condition}
ORDER BY enrollment.student_id, session.starts_at
"""

_SEAT_STORED_SESSIONS = _SEATS.format(sessions="learning_session", enrollments="enrollment", condition="")

_FUNCTIONS = (
    # Sessions and enrolments of one batch are written one transaction after another: of two that did not see each
    # other, neither would make the seat.
    f"""
    CREATE FUNCTION seat_new_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM FROM batch WHERE id IN (SELECT batch_id FROM added) ORDER BY id FOR NO KEY UPDATE;
      {_SEATS.format(sessions="added", enrollments="enrollment", condition="")};
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION seat_changed_session() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM FROM batch WHERE id IN (OLD.batch_id, NEW.batch_id) ORDER BY id FOR NO KEY UPDATE;
      DELETE FROM seat WHERE session_id = NEW.id;
      {_SEATS.format(sessions="learning_session", enrollments="enrollment", condition="AND session.id = NEW.id")};
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION seat_new_enrollments() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM FROM batch WHERE id IN (SELECT batch_id FROM added) ORDER BY id FOR NO KEY UPDATE;
      {_SEATS.format(sessions="learning_session", enrollments="added", condition="")};
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION seat_changed_enrollment() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM FROM batch WHERE id IN (OLD.batch_id, NEW.batch_id) ORDER BY id FOR NO KEY UPDATE;
      DELETE FROM seat USING learning_session AS session
      WHERE seat.session_id = session.id AND seat.student_id = OLD.student_id
        AND session.batch_id = OLD.batch_id
        AND session.local_date BETWEEN OLD.starts_on AND coalesce(OLD.ends_on, 'infinity');
      IF TG_OP = 'UPDATE' THEN
        {_SEATS.format(sessions="learning_session", enrollments="enrollment", condition="AND enrollment.id = NEW.id")};
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION number_changed_session() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.sequence := OLD.sequence + 1;
      RETURN NEW;
    END $$
    """,
)

_TRIGGERS = (
    """
    CREATE TRIGGER number_changed_session BEFORE UPDATE ON learning_session FOR EACH ROW
    WHEN (
      (OLD.starts_at, OLD.ends_at, OLD.room_id, OLD.faculty_id, OLD.status = 'cancelled')
      IS DISTINCT FROM
      (NEW.starts_at, NEW.ends_at, NEW.room_id, NEW.faculty_id, NEW.status = 'cancelled')
    )
    EXECUTE FUNCTION number_changed_session()
    """,
    """
    CREATE TRIGGER seat_new_sessions AFTER INSERT ON learning_session
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION seat_new_sessions()
    """,
    """
    CREATE TRIGGER seat_changed_session AFTER UPDATE ON learning_session FOR EACH ROW
    WHEN (
      (OLD.batch_id, OLD.local_date, OLD.starts_at, OLD.ends_at, OLD.status = 'cancelled', OLD.overlap_allowed)
      IS DISTINCT FROM
      (NEW.batch_id, NEW.local_date, NEW.starts_at, NEW.ends_at, NEW.status = 'cancelled', NEW.overlap_allowed)
    )
    EXECUTE FUNCTION seat_changed_session()
    """,
    """
    CREATE TRIGGER seat_new_enrollments AFTER INSERT ON enrollment
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION seat_new_enrollments()
    """,
    """
    CREATE TRIGGER seat_changed_enrollment AFTER UPDATE ON enrollment FOR EACH ROW
    WHEN (
      (OLD.batch_id, OLD.student_id, OLD.starts_on, OLD.ends_on)
      IS DISTINCT FROM (NEW.batch_id, NEW.student_id, NEW.starts_on, NEW.ends_on)
    )
    EXECUTE FUNCTION seat_changed_enrollment()
    """,
    """
    CREATE TRIGGER seat_deleted_enrollment AFTER DELETE ON enrollment FOR EACH ROW
    EXECUTE FUNCTION seat_changed_enrollment()
    """,
)
_TRIGGER_PLACES = (
    ("number_changed_session", "learning_session"),
    ("seat_new_sessions", "learning_session"),
    ("seat_changed_session", "learning_session"),
    ("seat_new_enrollments", "enrollment"),
    ("seat_changed_enrollment", "enrollment"),
    ("seat_deleted_enrollment", "enrollment"),
)
