"""The platform as real processes under real faults, a judge of what is left behind, and builds broken on purpose to judge the judge."""
