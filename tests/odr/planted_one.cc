// With planted_other.cc: two definitions of one type, which the check must find.
namespace isocache {

struct Planted {
  int value;
};
int value_of(const Planted& planted);
int value_of(const Planted& planted) { return planted.value; }

}  // namespace isocache
