"""Check-ins and kiosks over REST."""

from fastapi import APIRouter

from academics_app.check_in.api import check_ins, desk

ROUTERS: list[APIRouter] = [check_ins.router, desk.router]
