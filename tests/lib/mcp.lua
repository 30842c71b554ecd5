-- lua5.4 mcp.lua CONFIGURATION KEY...: what a configuration of memcached's proxy does with requests for keys, without a
-- memcached: as much of its `mcp` as routes to pools need, and as strict. Prints "backend LABEL HOST PORT" for each, and
-- "KEY HOST:PORT" for the node that a request reached and whose answer came back.

local stage = 'reading the file'
local function check(condition, text) if not condition then error(stage .. ': ' .. text, 0) end end
local function during(name) check(stage == name, 'not now, but in ' .. name) end

local Backend, Pool, Handle, Generator, Request = {}, {}, {}, {}, {}
for _, class in ipairs { Generator, Request } do class.__index = class end
local is = function(class, value) return getmetatable(value) == class end

function Request:key() return self.name end
function Request:command() return mcp.CMD_GET end

-- Any hash will do here, if all nodes get something.
local function node_of(pool, key)
  local sum = 0
  for at = 1, #key do sum = sum * 31 + key:byte(at) end
  return pool.backends[sum % #pool.backends + 1]
end

function Generator:new_handle(target)
  check(not self.start, 'new_handle() after ready()')
  check(is(Pool, target), 'new_handle() wants a pool')
  return setmetatable({ pool = target, owner = self }, Handle)
end

function Generator:ready(options)
  check(type(options.f) == 'function', 'ready() wants f, a function')
  self.start = options.f
end

local attached
mcp = setmetatable({
  CMD_ANY_STORAGE = 1, CMD_GET = 2,
  backend = function(label, host, port)
    during('mcp_config_pools')
    check(type(label) == 'string' and type(host) == 'string' and math.type(tonumber(port)), 'a backend is label, host, port')
    print(('backend %s %s %d'):format(label, host, port))
    return setmetatable({ host = host, port = tonumber(port) }, Backend)
  end,
  pool = function(backends)
    during('mcp_config_pools')
    check(#backends > 0, 'a pool without backends')
    for _, backend in ipairs(backends) do check(is(Backend, backend), 'a pool of something else than backends') end
    return setmetatable({ backends = backends }, Pool)
  end,
  funcgen_new = function()
    during('mcp_config_routes')
    return setmetatable({}, Generator)
  end,
  attach = function(command, generator)
    during('mcp_config_routes')
    check(command == mcp.CMD_ANY_STORAGE, 'only some commands are routed')
    check(is(Generator, generator) and generator.start, 'attach() wants a function generator that is ready')
    attached = generator
  end,
}, { __index = function(_, name) check(false, 'mcp has no ' .. name) end })

dofile(arg[1])
stage = 'mcp_config_pools'
local pools = mcp_config_pools()
stage = 'mcp_config_routes'
mcp_config_routes(pools)
check(attached, 'nothing is attached')

stage = 'a request'
local context = {}
function context:enqueue_and_wait(request, handle)
  check(is(Request, request) and is(Handle, handle), 'enqueue_and_wait() wants a request and a handle')
  check(handle.owner == attached, 'a handle of another function')
  return node_of(handle.pool, request.name)
end
local route = attached.start(context)
for at = 2, #arg do
  local answer = route(setmetatable({ name = arg[at] }, Request))
  check(is(Backend, answer), 'the answer is not a node\'s')
  print(('%s %s:%d'):format(arg[at], answer.host, answer.port))
end
