"""What people do with the station, done in a real window by real keys and a real pointer; the station says whether it was done."""
