using System.ComponentModel;
using Chroma.Configuration;

namespace Chroma.Noise;

/// <summary>Starts the stream of noise of a seed. In a configuration it is the name of one of <see cref="NoiseGenerators"/>.</summary>
/// <param name="seed">The seed.</param>
[TypeConverter(typeof(NoiseFactoryConverter))]
public delegate INoiseGenerator NoiseFactory(ulong seed);
