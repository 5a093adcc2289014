"""The screens of planned absences."""
