// With planted_one.cc: two definitions of one type, which the check must find.
namespace isocache {

struct Planted {
  const char* name;
  long value;
};
const char* name_of(const Planted& planted);
const char* name_of(const Planted& planted) { return planted.name; }

}  // namespace isocache
