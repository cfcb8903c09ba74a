# SPDX-License-Identifier: MPL-2.0
# One line per unit test: ts_unit_test(test_<module> LINK <layers…>)
