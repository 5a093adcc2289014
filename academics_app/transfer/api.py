"""Imports over REST."""

from fastapi import APIRouter

router = APIRouter(tags=["imports"])
