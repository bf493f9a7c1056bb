-- The generic cell rate algorithm on the server's clock: as many permits as there are, up to those
-- wanted, and none where there are fewer than needed.
--
-- KEYS[1]  when all permits are back, in microseconds
-- ARGV     the microseconds of one permit, the burst, the number wanted, the number needed
--
-- Numbers are doubles, exact below 2^53. The clock is at 2^51, the burst's time is at most 365 days,
-- below 2^45, and nothing here is more than the clock and two of those.
local each, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local want, need = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local span = each * burst

local tail = tonumber(redis.call('GET', KEYS[1]) or now)
-- Nor is what is not a number at or after it.
if not tail or not (tail >= now) then
    tail = now
end
-- Further off only where the clock was set back or the rate was another.
if tail > now + span then
    tail = now + span
end

local granted = math.min(math.floor((now + span - tail) / each), want)
if granted < need then
    return { 0, tail + need * each - span - now }
end
tail = tail + granted * each
-- Kept for a millisecond longer than it says anything: a key ends on a whole one.
redis.call('SET', KEYS[1], string.format('%.0f', tail), 'PXAT', math.ceil(tail / 1000) + 1)
if granted < want then
    return { granted, tail + each - span - now }
end
return { granted, 0 }
