"""Screens of students: the list, a student's page, and the forms of both."""
