using System.Runtime.InteropServices;
using Quorate.Contracts;

namespace Quorate.Protocol.Consensus;

/// <summary>
/// How many replicas there are, how many may lie, and the quorum that follows: any two quorums share an honest
/// replica, and the honest ones alone form one.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Membership
{
    /// <summary>Most replicas of a group: their votes fit one machine word.</summary>
    public const int MaxReplicas = 64;

    /// <param name="replicas">n, at least 3f+1, at most 64.</param>
    /// <param name="faults">f, zero or more.</param>
    /// <exception cref="QuorateException">n and f that don't fit.</exception>
    public Membership(int replicas, int faults)
    {
        if (faults < 0 || replicas < 1 || replicas > MaxReplicas || replicas < (3L * faults) + 1)
        {
            throw QuorateException.Input(
                "too_few_replicas",
                $"n = {replicas} replicas cannot tolerate f = {faults} Byzantine ones: n must be at least 3f+1 = {(3L * faults) + 1} and at most {MaxReplicas}",
                faults < 0 ? "f is zero or more" : $"with n = {replicas}, f can be at most {Math.Max(0, (Math.Min(replicas, MaxReplicas) - 1) / 3)}");
        }

        Replicas = replicas;
        Faults = faults;
    }

    public int Replicas { get; }

    public int Faults { get; }

    /// <summary>⌈(n+f+1)/2⌉: two of them share f+1 replicas (2f+1 only when n = 3f+1).</summary>
    public int Quorum => (Replicas + Faults + 2) / 2;

    /// <summary>f+1: at least one of them is honest.</summary>
    public int Weak => Faults + 1;

    /// <summary>n−f: as many as can be waited for.</summary>
    public int Reachable => Replicas - Faults;

    /// <summary>The largest f for n replicas.</summary>
    public static Membership Largest(int replicas) => new(replicas, Math.Max(0, (replicas - 1) / 3));

    /// <summary>True when a quorum accepts, false when so many do not that none can any more, null while neither holds: further opinions change no outcome.</summary>
    public bool? Decide(int accepts, int opinions) => accepts >= Quorum ? true : opinions - accepts > Replicas - Quorum ? false : null;

    public int Primary(ulong view) => (int)(view % (ulong)Replicas);

    public bool IsReplica(int principal) => (uint)principal < (uint)Replicas;
}
