// The parts of Asio and Beast that need not be templates, compiled once for the whole program
// (prism_asio in cmake/PrismTargets.cmake).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
