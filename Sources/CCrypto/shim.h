// The direct calls of SHA-256 instead of the EVP interface: the same hardware code, no fetch and no
// allocation for a message, and a static program does not pull in the rest of the library. OpenSSL 3
// would rather have them called through EVP, but keeps them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
