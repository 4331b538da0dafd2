namespace Quorate.Contracts;

/// <summary>Where ids and nonces come from, so that a seeded run repeats them. Thread-safe.</summary>
public interface IIdSource
{
    /// <summary>A fresh id: <paramref name="prefix"/>, a hyphen, and 26 lower-case characters or fewer.</summary>
    string Next(string prefix);
}
