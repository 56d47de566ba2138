"""The keys of `Symbol.attributes` that say what a symbol means in time and on its staff.

DeepScoresV2 keeps them in its comments, `onset:1.5;staff_position:-1;duration:0.5`; MuNG, COCO
and v2 give them back with their types. After the extension of DeepScores in Elezi (2020),
section 6.7.3, where every symbol has an onset, noteheads a position and a duration as well.
"""

ONSET = "onset"
"""Float: quarter notes from the beginning of the piece to the symbol."""

DURATION = "duration"
"""Float: how many quarter notes a notehead sounds, dots and tuplets counted."""

STAFF_POSITION = "staff_position"
"""Int: half interlines above the bottom line of the staff; 0 on that line, -1 below it."""
