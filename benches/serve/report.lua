-- Prints what a run of wrk gave for a script to read: requests, the 99th percentile in microseconds, answers that were
-- none of 2xx and 3xx, and failed connections.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("result %d %d %d %d\n", summary.requests, latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
