-- The one row of the lock, where the table was made without it. Two that do this at once leave two rows behind, which lock
-- as one does: every refresh changes all of them.
INSERT INTO `rollup_lock` (number)
SELECT 0 AS number
FROM (SELECT COUNT(*) AS rows_there FROM `rollup_lock`) AS held
WHERE held.rows_there = 0
