-- How much of a quota all processes use now.
--
-- KEYS: used, the calls of the last minute; waiting: both as `shared_places.lua` keeps them.
-- Returns: how many calls have begun within the last minute, how many wait.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local MINUTE = 60000000

local waits = 0
for _, line in ipairs(redis.call('HVALS', KEYS[2])) do
  local heard_again, count = string.match(line, '^(%d+) (%d+)')
  if tonumber(heard_again) >= now then
    waits = waits + tonumber(count)
  end
end
return { redis.call('ZCOUNT', KEYS[1], now - MINUTE, '+inf'), waits }
