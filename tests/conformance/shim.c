/* What the published conformance_test_runner takes from glibc 2.38 and GCC 13's libstdc++, for older systems. */
#include <stdlib.h>

/* glibc 2.38 gave C23 programs strto* functions that read 0b; the runner reads no such numbers. */
#undef strtol
long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
long long __isoc23_strtoll(const char *text, char **end, int base) { return strtoll(text, end, base); }
unsigned long long __isoc23_strtoull(const char *text, char **end, int base) { return strtoull(text, end, base); }

/* GCC 13's library sets up std::cout by itself; older ones want std::ios_base::Init::Init() called. */
void _ZSt21ios_base_library_initv(void) {}
void _ZNSt8ios_base4InitC1Ev(void *self);
static char streams[16];
__attribute__((constructor)) static void start_streams(void) { _ZNSt8ios_base4InitC1Ev(streams); }
