using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus;

public sealed partial class Replica
{
    private readonly ulong[] accused = new ulong[(int)FaultKind.HiddenCommit + 1];

    private void AccuseOfEquivocation(int replica, in Statement first, byte[] firstSignature, in Statement second, byte[] secondSignature) =>
        Accuse(new Evidence(
            FaultKind.Equivocation, replica, new SignedStatement(first, firstSignature), new SignedStatement(second, secondSignature), null, null));

    private void Accuse(Evidence evidence)
    {
        ref var known = ref accused[(int)evidence.Kind];
        var bit = 1UL << evidence.Accused;
        if ((known & bit) == 0)
        {
            known |= bit;
            Out(OutputKind.FaultProven, -1, evidence);
        }
    }
}
