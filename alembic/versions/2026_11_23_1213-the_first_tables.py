"""the first tables

Revision ID: a66526bcf593
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "a66526bcf593"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for extension in ("btree_gist", "pg_trgm"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    op.create_table(
        "branch",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch")),
        sa.UniqueConstraint("code", name=op.f("uq_branch_code")),
    )
    op.create_table(
        "faculty",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "on_leave",
                "left",
                name="facultystatus_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faculty")),
        sa.UniqueConstraint("code", name=op.f("uq_faculty_code")),
    )
    op.create_table(
        "guardian",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian")),
    )
    op.create_index(
        "ix_guardian_search_text",
        "guardian",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
    )
    op.create_table(
        "login_throttle",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_throttle")),
    )
    op.create_table(
        "setting",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "subject",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=4000), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
        sa.UniqueConstraint("code", name=op.f("uq_subject_code")),
    )
    op.create_table(
        "term",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_term_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
    )
    op.create_table(
        "holiday",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_holiday_ends_after_start")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_holiday_branch_id_branch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
    )
    op.create_index(op.f("ix_holiday_branch_id"), "holiday", ["branch_id"], unique=False)
    op.create_table(
        "room",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_room_branch_id_branch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("branch_id", "name", name=op.f("uq_room_branch_id_name")),
    )
    op.create_table(
        "student",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column(
            "full_name",
            sa.String(),
            sa.Computed("btrim(given_name || ' ' || family_name)", persisted=True),
            nullable=True,
        ),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "on_hold",
                "completed",
                "withdrawn",
                name="studentstatus_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("notes", sa.String(length=4000), nullable=False),
        sa.Column("created_by_user_id", sa.BigInteger(), nullable=True),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_student_branch_id_branch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student")),
        sa.UniqueConstraint("code", name=op.f("uq_student_code")),
    )
    op.create_index(op.f("ix_student_branch_id"), "student", ["branch_id"], unique=False)
    op.create_index(op.f("ix_student_created_by_user_id"), "student", ["created_by_user_id"], unique=False)
    op.create_index(
        "ix_student_search_text",
        "student",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index("ix_student_status_full_name", "student", ["status", "full_name", "id"], unique=False)
    op.create_table(
        "topic",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("planned_hours", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_topic_subject_id_subject"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint(
            "subject_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_topic_subject_id_position"),
        ),
    )
    op.create_table(
        "batch",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("faculty_id", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "completed",
                "cancelled",
                name="batchstatus_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_batch_ends_after_start")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_batch_branch_id_branch")),
        sa.ForeignKeyConstraint(["faculty_id"], ["faculty.id"], name=op.f("fk_batch_faculty_id_faculty")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_batch_room_id_room")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_batch_subject_id_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("code", name=op.f("uq_batch_code")),
    )
    op.create_index(op.f("ix_batch_branch_id"), "batch", ["branch_id"], unique=False)
    op.create_index(op.f("ix_batch_faculty_id"), "batch", ["faculty_id"], unique=False)
    op.create_index(op.f("ix_batch_room_id"), "batch", ["room_id"], unique=False)
    op.create_index(op.f("ix_batch_subject_id"), "batch", ["subject_id"], unique=False)
    op.create_table(
        "student_guardian",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("guardian_id", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["guardian_id"],
            ["guardian.id"],
            name=op.f("fk_student_guardian_guardian_id_guardian"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"],
            ["student.id"],
            name=op.f("fk_student_guardian_student_id_student"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("student_id", "guardian_id", name=op.f("pk_student_guardian")),
    )
    op.create_index(
        op.f("ix_student_guardian_guardian_id"), "student_guardian", ["guardian_id"], unique=False
    )
    op.create_table(
        "user_account",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "admin",
                "faculty",
                "counselor",
                "student",
                "guardian",
                name="role_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "active",
                "disabled",
                name="userstatus_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=True),
        sa.Column("faculty_id", sa.BigInteger(), nullable=True),
        sa.Column("guardian_id", sa.BigInteger(), nullable=True),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["faculty_id"], ["faculty.id"], name=op.f("fk_user_account_faculty_id_faculty")
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name=op.f("fk_user_account_guardian_id_guardian")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_user_account_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
    )
    op.create_index(
        "ix_user_account_email_lower", "user_account", [sa.literal_column("lower(email)")], unique=False
    )
    op.create_index(op.f("ix_user_account_faculty_id"), "user_account", ["faculty_id"], unique=False)
    op.create_index(op.f("ix_user_account_guardian_id"), "user_account", ["guardian_id"], unique=False)
    op.create_index(op.f("ix_user_account_student_id"), "user_account", ["student_id"], unique=False)
    op.create_index(
        "uq_user_account_username_lower", "user_account", [sa.literal_column("lower(username)")], unique=True
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
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
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_audit_event_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_at"), "audit_event", ["at"], unique=False)
    op.create_index(
        "ix_audit_event_subject", "audit_event", ["subject_kind", "subject_id", "at"], unique=False
    )
    op.create_index(op.f("ix_audit_event_user_id"), "audit_event", ["user_id"], unique=False)
    op.create_table(
        "auth_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
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
        sa.Column("refresh_fingerprint", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("ip_address", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_auth_session_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_session")),
    )
    op.create_index(op.f("ix_auth_session_user_id"), "auth_session", ["user_id"], unique=False)
    op.create_table(
        "enrollment",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("batch_id"), "="),
            (sa.column("student_id"), "="),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            using="gist",
            name="ex_enrollment_overlap",
        ),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_enrollment_ends_after_start")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_enrollment_batch_id_batch")),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_enrollment_student_id_student")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollment")),
    )
    op.create_index("ix_enrollment_batch_id_starts_on", "enrollment", ["batch_id", "starts_on"], unique=False)
    op.create_index(op.f("ix_enrollment_student_id"), "enrollment", ["student_id"], unique=False)
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=300), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_import_run_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index(op.f("ix_import_run_user_id"), "import_run", ["user_id"], unique=False)
    op.create_table(
        "user_branch",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_user_branch_branch_id_branch")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_user_branch_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "branch_id", name=op.f("pk_user_branch")),
    )
    op.create_table(
        "weekly_schedule",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_weekly_schedule_ends_after_start")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_weekly_schedule_weekday_range")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch.id"], name=op.f("fk_weekly_schedule_batch_id_batch"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_weekly_schedule_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_schedule")),
    )
    op.create_index(op.f("ix_weekly_schedule_batch_id"), "weekly_schedule", ["batch_id"], unique=False)
    op.create_index(op.f("ix_weekly_schedule_room_id"), "weekly_schedule", ["room_id"], unique=False)
    op.create_table(
        "imported_record",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sourced_id", sa.String(length=300), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_imported_record_run_id_import_run")
        ),
        sa.PrimaryKeyConstraint("source", "kind", "sourced_id", name=op.f("pk_imported_record")),
    )
    op.create_index(
        "ix_imported_record_kind_entity_id", "imported_record", ["kind", "entity_id"], unique=False
    )
    op.create_index(op.f("ix_imported_record_run_id"), "imported_record", ["run_id"], unique=False)
    op.create_table(
        "learning_session",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("faculty_id", sa.BigInteger(), nullable=True),
        sa.Column("substitute_for_id", sa.BigInteger(), nullable=True),
        sa.Column("room_id", sa.BigInteger(), nullable=True),
        sa.Column("topic_id", sa.BigInteger(), nullable=True),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "scheduled",
                "cancelled",
                "held",
                name="sessionstatus_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("cancel_reason", sa.String(length=500), nullable=True),
        sa.Column("register_taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("register_taken_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_learning_session_ends_after_start")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_learning_session_batch_id_batch")),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["branch.id"], name=op.f("fk_learning_session_branch_id_branch")
        ),
        sa.ForeignKeyConstraint(
            ["faculty_id"], ["faculty.id"], name=op.f("fk_learning_session_faculty_id_faculty")
        ),
        sa.ForeignKeyConstraint(
            ["register_taken_by_id"],
            ["user_account.id"],
            name=op.f("fk_learning_session_register_taken_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_learning_session_room_id_room")),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["weekly_schedule.id"],
            name=op.f("fk_learning_session_schedule_id_weekly_schedule"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["substitute_for_id"], ["faculty.id"], name=op.f("fk_learning_session_substitute_for_id_faculty")
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_learning_session_topic_id_topic"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_session")),
        sa.UniqueConstraint(
            "schedule_id", "local_date", name=op.f("uq_learning_session_schedule_id_local_date")
        ),
    )
    op.create_index(
        "ix_learning_session_batch_id_starts_at", "learning_session", ["batch_id", "starts_at"], unique=False
    )
    op.create_index(op.f("ix_learning_session_branch_id"), "learning_session", ["branch_id"], unique=False)
    op.create_index(
        "ix_learning_session_faculty_id_starts_at",
        "learning_session",
        ["faculty_id", "starts_at"],
        unique=False,
    )
    op.create_index(op.f("ix_learning_session_local_date"), "learning_session", ["local_date"], unique=False)
    op.create_index(
        op.f("ix_learning_session_register_taken_by_id"),
        "learning_session",
        ["register_taken_by_id"],
        unique=False,
    )
    op.create_index(op.f("ix_learning_session_room_id"), "learning_session", ["room_id"], unique=False)
    op.create_index(op.f("ix_learning_session_starts_at"), "learning_session", ["starts_at"], unique=False)
    op.create_index(
        op.f("ix_learning_session_substitute_for_id"), "learning_session", ["substitute_for_id"], unique=False
    )
    op.create_index(op.f("ix_learning_session_topic_id"), "learning_session", ["topic_id"], unique=False)
    op.create_table(
        "attendance",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
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
        sa.Column(
            "source",
            sa.Enum(
                "person",
                "take_register",
                "suggestion",
                "import",
                name="marksource_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'late') OR (minutes_late IS NULL)", name=op.f("ck_attendance_minutes_only_when_late")
        ),
        sa.CheckConstraint("minutes_late BETWEEN 0 AND 600", name=op.f("ck_attendance_minutes_range")),
        sa.ForeignKeyConstraint(
            ["marked_by_id"], ["user_account.id"], name=op.f("fk_attendance_marked_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name=op.f("fk_attendance_session_id_learning_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_attendance_student_id_student")
        ),
        sa.PrimaryKeyConstraint("session_id", "student_id", name=op.f("pk_attendance")),
    )
    op.create_index(op.f("ix_attendance_marked_by_id"), "attendance", ["marked_by_id"], unique=False)
    op.create_index(op.f("ix_attendance_student_id"), "attendance", ["student_id"], unique=False)
    op.create_table(
        "attendance_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("mark_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("client_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.Column(
            "source",
            sa.Enum(
                "person",
                "take_register",
                "suggestion",
                "import",
                name="marksource_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "before_status",
            sa.Enum(
                "present",
                "absent",
                "late",
                "excused",
                name="before_status_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("before_minutes", sa.Integer(), nullable=True),
        sa.Column("before_note", sa.String(), nullable=False),
        sa.Column(
            "after_status",
            sa.Enum(
                "present",
                "absent",
                "late",
                "excused",
                name="after_status_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("after_minutes", sa.Integer(), nullable=True),
        sa.Column("after_note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name=op.f("fk_attendance_event_session_id_learning_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_attendance_event_student_id_student")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_attendance_event_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_event")),
        sa.UniqueConstraint("mark_id", name=op.f("uq_attendance_event_mark_id")),
    )
    op.create_index(
        "ix_attendance_event_session_id_student_id",
        "attendance_event",
        ["session_id", "student_id", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_attendance_event_student_id"), "attendance_event", ["student_id"], unique=False)
    op.create_index(op.f("ix_attendance_event_user_id"), "attendance_event", ["user_id"], unique=False)
    op.create_table(
        "topic_progress",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "not_started",
                "in_progress",
                "completed",
                name="progressstatus_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("mastery", sa.Integer(), nullable=False),
        sa.Column("evidence_on", sa.Date(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("mastery BETWEEN 0 AND 100", name=op.f("ck_topic_progress_mastery_range")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["user_account.id"],
            name=op.f("fk_topic_progress_recorded_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name=op.f("fk_topic_progress_session_id_learning_session"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name=op.f("fk_topic_progress_student_id_student")
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_topic_progress_topic_id_topic"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("student_id", "topic_id", name=op.f("pk_topic_progress")),
    )
    op.create_index(
        op.f("ix_topic_progress_recorded_by_id"), "topic_progress", ["recorded_by_id"], unique=False
    )
    op.create_index(op.f("ix_topic_progress_session_id"), "topic_progress", ["session_id"], unique=False)
    op.create_index(op.f("ix_topic_progress_topic_id"), "topic_progress", ["topic_id"], unique=False)
    op.create_table(
        "walk_in",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("added_by_id", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["user_account.id"], name=op.f("fk_walk_in_added_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["learning_session.id"],
            name=op.f("fk_walk_in_session_id_learning_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_walk_in_student_id_student")),
        sa.PrimaryKeyConstraint("session_id", "student_id", name=op.f("pk_walk_in")),
    )
    op.create_index(op.f("ix_walk_in_added_by_id"), "walk_in", ["added_by_id"], unique=False)
    op.create_index(op.f("ix_walk_in_student_id"), "walk_in", ["student_id"], unique=False)
    op.create_foreign_key("fk_student_created_by", "student", "user_account", ["created_by_user_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint("fk_student_created_by", "student")
    op.drop_index(op.f("ix_walk_in_student_id"), table_name="walk_in")
    op.drop_index(op.f("ix_walk_in_added_by_id"), table_name="walk_in")
    op.drop_table("walk_in")
    op.drop_index(op.f("ix_topic_progress_topic_id"), table_name="topic_progress")
    op.drop_index(op.f("ix_topic_progress_session_id"), table_name="topic_progress")
    op.drop_index(op.f("ix_topic_progress_recorded_by_id"), table_name="topic_progress")
    op.drop_table("topic_progress")
    op.drop_index(op.f("ix_attendance_event_user_id"), table_name="attendance_event")
    op.drop_index(op.f("ix_attendance_event_student_id"), table_name="attendance_event")
    op.drop_index("ix_attendance_event_session_id_student_id", table_name="attendance_event")
    op.drop_table("attendance_event")
    op.drop_index(op.f("ix_attendance_student_id"), table_name="attendance")
    op.drop_index(op.f("ix_attendance_marked_by_id"), table_name="attendance")
    op.drop_table("attendance")
    op.drop_index(op.f("ix_learning_session_topic_id"), table_name="learning_session")
    op.drop_index(op.f("ix_learning_session_substitute_for_id"), table_name="learning_session")
    op.drop_index(op.f("ix_learning_session_starts_at"), table_name="learning_session")
    op.drop_index(op.f("ix_learning_session_room_id"), table_name="learning_session")
    op.drop_index(op.f("ix_learning_session_register_taken_by_id"), table_name="learning_session")
    op.drop_index(op.f("ix_learning_session_local_date"), table_name="learning_session")
    op.drop_index("ix_learning_session_faculty_id_starts_at", table_name="learning_session")
    op.drop_index(op.f("ix_learning_session_branch_id"), table_name="learning_session")
    op.drop_index("ix_learning_session_batch_id_starts_at", table_name="learning_session")
    op.drop_table("learning_session")
    op.drop_index(op.f("ix_imported_record_run_id"), table_name="imported_record")
    op.drop_index("ix_imported_record_kind_entity_id", table_name="imported_record")
    op.drop_table("imported_record")
    op.drop_index(op.f("ix_weekly_schedule_room_id"), table_name="weekly_schedule")
    op.drop_index(op.f("ix_weekly_schedule_batch_id"), table_name="weekly_schedule")
    op.drop_table("weekly_schedule")
    op.drop_table("user_branch")
    op.drop_index(op.f("ix_import_run_user_id"), table_name="import_run")
    op.drop_table("import_run")
    op.drop_index(op.f("ix_enrollment_student_id"), table_name="enrollment")
    op.drop_index("ix_enrollment_batch_id_starts_on", table_name="enrollment")
    op.drop_table("enrollment")
    op.drop_index(op.f("ix_auth_session_user_id"), table_name="auth_session")
    op.drop_table("auth_session")
    op.drop_index(op.f("ix_audit_event_user_id"), table_name="audit_event")
    op.drop_index("ix_audit_event_subject", table_name="audit_event")
    op.drop_index(op.f("ix_audit_event_at"), table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_index("uq_user_account_username_lower", table_name="user_account")
    op.drop_index(op.f("ix_user_account_student_id"), table_name="user_account")
    op.drop_index(op.f("ix_user_account_guardian_id"), table_name="user_account")
    op.drop_index(op.f("ix_user_account_faculty_id"), table_name="user_account")
    op.drop_index("ix_user_account_email_lower", table_name="user_account")
    op.drop_table("user_account")
    op.drop_index(op.f("ix_student_guardian_guardian_id"), table_name="student_guardian")
    op.drop_table("student_guardian")
    op.drop_index(op.f("ix_batch_subject_id"), table_name="batch")
    op.drop_index(op.f("ix_batch_room_id"), table_name="batch")
    op.drop_index(op.f("ix_batch_faculty_id"), table_name="batch")
    op.drop_index(op.f("ix_batch_branch_id"), table_name="batch")
    op.drop_table("batch")
    op.drop_table("topic")
    op.drop_index("ix_student_status_full_name", table_name="student")
    op.drop_index(
        "ix_student_search_text",
        table_name="student",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
    )
    op.drop_index(op.f("ix_student_created_by_user_id"), table_name="student")
    op.drop_index(op.f("ix_student_branch_id"), table_name="student")
    op.drop_table("student")
    op.drop_table("room")
    op.drop_index(op.f("ix_holiday_branch_id"), table_name="holiday")
    op.drop_table("holiday")
    op.drop_table("term")
    op.drop_table("subject")
    op.drop_table("setting")
    op.drop_table("login_throttle")
    op.drop_index(
        "ix_guardian_search_text",
        table_name="guardian",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
    )
    op.drop_table("guardian")
    op.drop_table("faculty")
    op.drop_table("branch")
