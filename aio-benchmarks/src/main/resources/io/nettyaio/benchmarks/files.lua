-- Asks for random files of the site: files.lua COUNT SEED each|any. With "each" no file twice, and stops after the last.
local ffi = require("ffi")
ffi.cdef [[
   struct bench_time { long seconds, nanos; };
   int clock_gettime(int clock, struct bench_time *time);
]]
local now = ffi.new("struct bench_time")
local function micros()
   ffi.C.clock_gettime(1, now)
   return tonumber(now.seconds) * 1e6 + tonumber(now.nanos) / 1e3
end

local count, order, at = 0, {}, 0
local each = false
-- Read by done(), in another environment. wrk itself waits until its time is over, whatever its threads do.
begun, ended = 0, 0
local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   count = tonumber(args[1])
   math.randomseed(tonumber(args[2]))
   each = args[3] == "each"
   for i = 1, count do order[i] = i - 1 end
   for i = count, 2, -1 do
      local j = math.random(i)
      order[i], order[j] = order[j], order[i]
   end
end

function request()
   if begun == 0 then begun = micros() end
   at = at + 1
   local n = order[(at - 1) % count + 1]
   return wrk.format("GET", string.format("/d%02d/f%05d", n % 100, n))
end

-- Of the first so many: by then every file has been asked for once.
local answered = 0
function response()
   answered = answered + 1
   if answered % 16 == 0 then ended = micros() end
   if each and answered >= count - 64 then wrk.thread:stop() end
end

function done(summary, latency, requests)
   io.write(string.format(
      "result requests=%d micros=%d bytes=%d errors=%d p50=%d p99=%d p999=%d max=%d\n",
      summary.requests, threads[1]:get("ended") - threads[1]:get("begun"), summary.bytes,
      summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout,
      latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
