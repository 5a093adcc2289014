"""Statements on topic progress."""

from typing import Any

from sqlalchemy import Select, TextClause, func, select, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import col

from academics_app.learning_sessions.models import Batch
from academics_app.progress.models import TopicProgress
from academics_app.subjects.models import Topic


def is_topic_of_batch(topic_id: int, batch_id: int) -> Select[int]:
    """The topic's id again when it is of the batch's subject."""
    return (
        select(col(Topic.id))
        .join(Batch, col(Batch.subject_id) == col(Topic.subject_id))
        .where(col(Topic.id) == topic_id, col(Batch.id) == batch_id)
    )


def belongs_in_session(student_id: int, session_id: int) -> TextClause:
    """1 when the student is enrolled on the session's day or walked in."""
    return text(
        """
        SELECT 1 FROM learning_session WHERE learning_session.id = :session_id AND (
          EXISTS (
            SELECT 1 FROM enrollment WHERE enrollment.batch_id = learning_session.batch_id
              AND enrollment.student_id = :student_id AND enrollment.starts_on <= learning_session.local_date
              AND (enrollment.ends_on IS NULL OR enrollment.ends_on >= learning_session.local_date)
          ) OR EXISTS (
            SELECT 1 FROM walk_in
            WHERE walk_in.session_id = learning_session.id AND walk_in.student_id = :student_id
          )
        )
        """
    ).bindparams(student_id=student_id, session_id=session_id)


def upsert_progress(**values: Any) -> Insert:
    """Store progress; newer evidence replaces older, never the other way round."""
    statement = insert(TopicProgress).values(**values)
    return statement.on_conflict_do_update(
        index_elements=[col(TopicProgress.student_id), col(TopicProgress.topic_id)],
        set_={
            **{name: statement.excluded[name] for name in values if name not in ("student_id", "topic_id")},
            "updated_at": func.now(),
        },
        where=statement.excluded.evidence_on >= col(TopicProgress.evidence_on),
    )


def recorded_in(session_id: int) -> Select[int, int, int]:
    """What was recorded in the session."""
    return select(
        col(TopicProgress.student_id), col(TopicProgress.topic_id), col(TopicProgress.mastery)
    ).where(col(TopicProgress.session_id) == session_id)
