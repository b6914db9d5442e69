-- One process says what it took and gave back, and asks for places for those who wait there.
--
-- KEYS: taken, the places: a sorted set of tokens by when each is free at the latest (µs); waiting,
-- a hash of processes: by when each is heard again, how many wait there, then the orders of the
-- first of them; state; used, the calls of the last minute: a sorted set of tokens by when each began.
-- ARGV: the question as JSON. Its times are lengths in µs: no clock but this server's counts. Only
-- when each who waits came is a moment; processes tell it by what this clock said to them, and keep
-- to what they have told, or two might each leave a place to the other.
-- Returns: since when the places are known here, what the time is, how many places there are, how
-- long until the process is to ask again, then for each place given how long until it may be used.

local taken, waiting, state, used = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local asked = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local PRIORITY = 2e15 -- more than any time: orders are by priority, then by who came first
local KEPT_S = 86400
local MINUTE = 60000000

local known = {}
local fields = redis.call('HGETALL', state)
for i = 1, #fields, 2 do
  known[fields[i]] = tonumber(fields[i + 1]) or fields[i + 1]
end

-- A server that has started anew, or a replica in its stead, may not know all that was taken.
-- Whoever was alone may not be the only one. All come by in a while, and say what they have taken.
local info = redis.pcall('INFO', 'server')
local server = 'id ' .. (type(info) == 'string' and string.match(info, 'run_id:(%w+)') or '')
if known.server ~= server then
  known = { server = server, since = now, opens = now + asked.opens }
elseif asked.was_alone then
  known.opens = now + asked.opens
end

for token, rest in pairs(asked.taken) do
  if rest > 0 then
    redis.call('ZADD', taken, now + rest, token)
  else
    redis.call('ZREM', taken, token)
  end
end
redis.call('ZREMRANGEBYSCORE', taken, '-inf', now)
for token, ago in pairs(asked.used) do
  redis.call('ZADD', used, now - ago, token)
end
redis.call('ZREMRANGEBYSCORE', used, '-inf', now - MINUTE)

known.limit = known.limit or asked.per_s
known.raised_next = known.raised_next or now
while known.limit < asked.per_s and known.raised_next <= now do
  known.limit = known.limit + 1
  known.raised_next = known.raised_next + asked.raised_every
end
if asked.throttled and now - (known.lowered_at or 0) >= asked.lowered_every then
  known.limit = math.max(1, math.floor(known.limit * asked.lowered_to))
  known.lowered_at = now
  known.raised_next = now + asked.raised_every
end
known.limit = math.min(known.limit, asked.per_s)

local before = {} -- the orders of those who wait elsewhere
local heard = redis.call('HGETALL', waiting)
for i = 1, #heard, 2 do
  local numbers = {}
  for number in string.gmatch(heard[i + 1], '%d+') do
    table.insert(numbers, tonumber(number))
  end
  if numbers[1] < now then
    redis.call('HDEL', waiting, heard[i]) -- it has not come when it was to: gone, or paused
  elseif heard[i] ~= asked.process then
    for n = 3, #numbers do
      table.insert(before, numbers[n])
    end
  end
end
table.sort(before)

-- Who has n others before them gets the place that is free after n others: now, or soon.
local given, again, first = {}, asked.again, 0
for i, one in ipairs(asked.waiting) do
  local order = one[1] * PRIORITY + one[2]
  while before[first + 1] and before[first + 1] < order do
    first = first + 1
  end
  local free_at = now
  local lacking = redis.call('ZCARD', taken) - known.limit + first
  local next = {}
  if lacking >= 0 then
    next = redis.call('ZRANGE', taken, lacking, lacking, 'WITHSCORES')
    free_at = tonumber(next[2]) or math.huge
  end
  free_at = math.max(free_at, known.opens)
  if free_at - now > asked.soon then
    again = math.min(again, free_at - asked.soon - now)
    break
  end
  if next[1] then
    redis.call('ZREM', taken, next[1])
  end
  redis.call('ZADD', taken, free_at + asked.hold, asked.tokens[i])
  table.insert(given, free_at - now)
end

if #given < #asked.waiting then
  local count = #asked.waiting - #given + asked.others
  local line = { string.format('%.0f', now + again + asked.grace), count }
  for i = #given + 1, #asked.waiting do
    local one = asked.waiting[i]
    table.insert(line, string.format('%.0f', one[1] * PRIORITY + one[2]))
  end
  redis.call('HSET', waiting, asked.process, table.concat(line, ' '))
else
  redis.call('HDEL', waiting, asked.process)
end
for name, value in pairs(known) do
  redis.call('HSET', state, name, value)
end
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, KEPT_S)
end
return { known.since, now, known.limit, again, unpack(given) }
