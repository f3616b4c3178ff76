"""Entities: which row of the table stands for which key."""
