-- Many calls, read anew by every statement that asks: their texts would fill the memory.
CREATE OR REPLACE TEMP VIEW arriving AS FROM meant;
DROP TABLE IF EXISTS held;
