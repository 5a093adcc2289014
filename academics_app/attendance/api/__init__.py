"""Marks, registers and attendance figures over REST."""

from fastapi import APIRouter

from academics_app.attendance.api import figures, register

ROUTERS: list[APIRouter] = [register.router, figures.router]
