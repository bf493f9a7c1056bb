-- The generic cell rate algorithm on the server's clock: as many permits as there are, up to those
-- wanted, and none where there are fewer than needed.
--
-- KEYS[1]  when all permits are back, and the time of the burst of who wrote that, in microseconds
-- ARGV     the microseconds of one permit, the burst, the number wanted, the number needed
--
-- Numbers are doubles, exact below 2^53. The clock is at 2^51, the burst's time is at most 365 days,
-- below 2^45, and nothing here is more than the clock and three of those.
local each, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local want, need = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local span = each * burst

-- Kept for a millisecond longer than it says anything: a key ends on a whole one.
local function keep(tail, span)
    local kept = string.format('%.0f %.0f', tail, span)
    redis.call('SET', KEYS[1], kept, 'PXAT', math.ceil(tail / 1000) + 1)
end

local kept = redis.pcall('GET', KEYS[1])
if type(kept) == 'table' then
    if not string.find(kept.err, 'WRONGTYPE', 1, true) then
        return kept
    end
    kept = nil
end
-- What is nonsense counts as nothing.
local tail, off = string.match(kept or '', '^(%d+) (%d+)$')
tail = math.max(tonumber(tail) or now, now)
off = math.min(tonumber(off) or 0, 31536000000000)
-- Further off than when it was written only where the clock was set back. Kept, even by a refusal:
-- otherwise it would be as far off each time.
if tail > now + off then
    tail = now + off
    keep(tail, off)
end

local granted = math.min(math.floor((now + span - tail) / each), want)
if granted < need then
    return { 0, tail + need * each - span - now }
end
tail = tail + granted * each
keep(tail, span)
if granted < want then
    return { granted, tail + each - span - now }
end
return { granted, 0 }
