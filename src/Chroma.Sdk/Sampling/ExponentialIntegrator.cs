namespace Chroma.Sampling;

/// <summary>
/// Functions of exponential integrators (Hochbruck and Ostermann 2010): h · phi_k(h), which weigh the model's answers when
/// the linear part of the equation is solved exactly.
/// </summary>
internal static class ExponentialIntegrator
{
    /// <summary>h · phi_1(h) = e^h - 1.</summary>
    public static double HPhi1(double h) => double.ExpM1(h);

    /// <summary>h · phi_2(h) = (e^h - 1 - h) / h.</summary>
    public static double HPhi2(double h) => (double.ExpM1(h) - h) / h;
}
