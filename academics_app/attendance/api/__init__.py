"""Marks, registers and attendance figures over REST."""

from fastapi import APIRouter

from academics_app.attendance.api import (
    absenteeism,
    corrections,
    figures,
    history,
    integrity,
    missing,
    register,
)

ROUTERS: list[APIRouter] = [
    register.router,
    figures.router,
    corrections.router,
    missing.router,
    history.router,
    absenteeism.router,
    integrity.router,
]
