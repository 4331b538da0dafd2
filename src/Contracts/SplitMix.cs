namespace Quorate.Contracts;

/// <summary>The step of SplitMix64 (Steele, Lea and Flood, OOPSLA '14): neighbouring numbers become unlike each other, and the same number gives the same everywhere. No hash to rely on against an adversary.</summary>
public static class SplitMix
{
    /// <summary>What is added between two numbers of a sequence.</summary>
    public const ulong Step = 0x9E3779B97F4A7C15;

    public static ulong Of(ulong number)
    {
        unchecked
        {
            number += Step;
            number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
            number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
            return number ^ (number >> 31);
        }
    }
}
