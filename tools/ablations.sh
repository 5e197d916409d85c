#!/usr/bin/env bash
# Nine runs of the preset lecture: none left out, then each of the eight losses. Resumes.
# Run from the repository's root with the course's Python first on PATH.
set -euo pipefail
for name in none d_a d_b adv_ab adv_ba cycle_a cycle_b identity_a identity_b; do
  option=$([ "$name" = none ] || echo "--without $name")
  # shellcheck disable=SC2086
  python -m helpers train --preset lecture --data toy --steps 800 \
    --out "runs/without-$name" $option
  python -m tools.store ablation "runs/without-$name" "$name"
done
